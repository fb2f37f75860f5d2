// A person at a real browser: from signing in to a call that is placed, with and without scripts, by
// keyboard, on a phone, and as a member who sees one account.
//
// `cargo xtask browse` starts the demo and sets ADDRESS, NAME, PASSWORD, CHROMIUM and, where pictures
// are wanted, PICTURES.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const { ADDRESS, NAME, PASSWORD, CHROMIUM, PICTURES } = process.env;
const DESK = { width: 1366, height: 768 };
const PHONE = { width: 360, height: 740 };
const PAGES = [
  "/", "/charts", "/calls", "/waiting", "/set-aside", "/coverage", "/gaps", "/diagnostics",
  "/statements", "/accounts", "/agents", "/contacts", "/sources", "/runs", "/jobs", "/schedules", "/about",
  "/users", "/tokens", "/audit", "/sessions", "/display", "/sync", "/assign", "/sources/teli",
  "/new-source", "/new-source/vicidial",
];

// Whatever a browser complains of: an error of a script, a policy that was broken, a file that is
// not there.
const complaints = [];

function listen(page) {
  page.on("console", (line) => {
    if (["error", "warning"].includes(line.type())) complaints.push(`${page.url()}: ${line.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error}`));
}

async function step(what, does) {
  await does();
  console.log(`ok  ${what}`);
}

async function open(browser, options = {}) {
  const context = await browser.newContext({ baseURL: ADDRESS, viewport: DESK, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  listen(page);
  return page;
}

async function signIn(page, name, password) {
  await page.goto("/");
  assert.match(page.url(), /\/sign-in/, "whoever is not signed in is asked to");
  await page.fill("[name=name]", name);
  await page.fill("[name=password]", password);
  await page.click("main button[type=submit]");
  await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
}

async function picture(page, name) {
  if (!PICTURES) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}/${name}.png` });
}

const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
try {
  const page = await open(browser, { timezoneId: "Europe/Berlin" });

  await step("an operator signs in and sees that nothing is missing", async () => {
    await signIn(page, NAME, PASSWORD);
    assert.match(await page.textContent("h1"), /calls listed by the providers, [\d,]+ accounted for/);
    await picture(page, "overview");
  });

  await step("every page of the rail opens, with one heading, at a desk and on a phone", async () => {
    for (const path of PAGES) {
      const answer = await page.goto(path);
      assert.equal(answer.status(), 200, path);
      assert.equal(await page.locator("h1").count(), 1, path);
      assert.ok(await fits(page), `${path} is wider than the desk`);
      await picture(page, path === "/" ? "front" : path.slice(1).replaceAll("/", "-"));
    }
    await page.setViewportSize(PHONE);
    for (const path of PAGES) {
      await page.goto(path);
      assert.ok(await fits(page), `${path} is wider than a phone`);
    }
    await page.goto("/new-source/twilio");
    await picture(page, "new-source-phone");
    await page.goto("/calls");
    await picture(page, "calls-phone");
    await page.setViewportSize(DESK);
  });

  await step("times are told in the zone of the browser", async () => {
    await page.goto("/runs");
    assert.match(await page.textContent("footer"), /Europe\/Berlin/);
  });

  await step("sync now shows its progress and comes to a result without a click", async () => {
    await page.click("text=Sync now");
    await page.selectOption("[name=source]", "teli");
    await page.click("main button.go");
    await page.waitForURL(/\/jobs\/\d+$/);
    await page.waitForSelector("#progress .status:text('done')");
    assert.match(await page.textContent("#progress"), /waiting|new|up to date/i);
    await picture(page, "job");
  });

  await step("diagnostics name unassigned agents, and assigning one places its calls", async () => {
    await page.goto("/diagnostics");
    await page.selectOption("[name=source]", "highlevel_voice_ai");
    await page.click("main button.go");
    await page.waitForSelector("#progress .status:text('done')");
    await page.click("text=See what was found");
    assert.match(await page.textContent("main"), /Nothing is unexplained/);
    await picture(page, "diagnostics-report");
    await page.click(".trouble a:text('Assign') >> nth=0");
    await page.selectOption("[name=account]", { index: 1 });
    await page.click("text=See what moves");
    const moving = Number((await page.textContent("main .card b")).replaceAll(",", ""));
    assert.ok(moving > 0, "calls wait for this agent");
    await picture(page, "assign");
    await page.click("text=Assign and move them");
    assert.match(await page.textContent(".done"), new RegExp(`${moving.toLocaleString("en-US")} calls moved`));
  });

  await step("a call is found by its filters and shows what was said", async () => {
    await page.goto("/calls?source=highlevel_voice_ai&placement=placed");
    await page.click("tbody tr:first-child td:last-child a");
    assert.equal(await page.locator("h2:text('Transcript')").count(), 1);
    assert.equal(await page.locator("h2:text('Everything that happened')").count(), 1);
    await picture(page, "call");
  });

  await step("the keyboard alone reaches the content and a filter", async () => {
    await page.goto("/calls");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
    await page.keyboard.press("Enter");
    for (let tabs = 0; tabs < 40; tabs += 1) {
      await page.keyboard.press("Tab");
      if (await page.evaluate(() => document.activeElement.name === "placement")) break;
    }
    await page.keyboard.type("waiting");
    await page.keyboard.press("Enter");
    if (!page.url().includes("placement=waiting")) {
      await page.locator(".filters button[type=submit]").focus();
      await page.keyboard.press("Enter");
    }
    await page.waitForURL(/placement=waiting/);
  });

  await step("every field has a label and every picture a name", async () => {
    for (const path of PAGES) {
      await page.goto(path);
      const bare = await page.evaluate(() => {
        const fields = [...document.querySelectorAll("input:not([type=hidden]), select, textarea")];
        const unlabelled = fields.filter((it) => !it.labels?.length && !it.ariaLabel).map((it) => it.name);
        const pictures = [...document.querySelectorAll("main svg, main img")];
        const unnamed = pictures.filter((it) => !it.closest("[aria-hidden=true], [aria-label], [alt]"));
        return [...unlabelled, ...unnamed.map((it) => it.outerHTML.slice(0, 80))];
      });
      assert.deepEqual(bare, [], path);
    }
  });

  await step("a member of one account sees its calls and nothing else", async () => {
    await page.goto("/users");
    await page.fill("[name=name]", "anna@example.com");
    await page.selectOption("main [name=is]", { index: 1 });
    const account = (await page.textContent("main [name=is] option:checked")).replace("Member of ", "");
    await page.click("main button:text('Add')");
    const given = await page.textContent("code.secret");
    const anna = await open(browser);
    await signIn(anna, "anna@example.com", given);
    const own = "seven green lamps on the pier";
    await anna.fill("[name=old]", given);
    await anna.fill("[name=password]", own);
    await anna.fill("[name=again]", own);
    await anna.click("main button[type=submit]");
    await anna.goto("/");
    assert.match(await anna.textContent("h1"), new RegExp(`calls of ${account}`));
    await picture(anna, "member");
    await anna.goto("/calls?limit=500");
    const accounts = await anna.locator("tbody td[data-name=Account]").allTextContents();
    assert.ok(accounts.length > 0, "the account has calls");
    assert.deepEqual([...new Set(accounts)], [account]);
    assert.equal(await anna.locator(".rail a:text('Runs')").count(), 0);
    // The browser's own word for a page that is refused is no complaint of ours.
    const refused = await anna.request.get("/runs");
    assert.equal(refused.status(), 403);
    assert.match(await refused.text(), /for operators/);
    await anna.context().close();
  });

  await step("without scripts the same is asked for and watched", async () => {
    const plain = await open(browser, { javaScriptEnabled: false });
    await signIn(plain, NAME, PASSWORD);
    await plain.goto("/sync");
    await plain.selectOption("[name=source]", "twilio");
    await plain.click("main button.go");
    await plain.waitForSelector("#progress .status:text('done')");
    await plain.context().close();
  });

  await step("in the dark the same is there", async () => {
    const dark = await open(browser, { colorScheme: "dark" });
    await signIn(dark, NAME, PASSWORD);
    await dark.goto("/");
    const ground = await dark.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(ground, "rgb(16, 22, 21)");
    await picture(dark, "overview-dark");
    await dark.context().close();
  });

  assert.deepEqual(complaints, [], "a browser complains of nothing");
  console.log("The browser complains of nothing.");
} finally {
  await browser.close();
}
