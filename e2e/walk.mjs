// A person at a real browser: from signing in to a call that is placed, with and without scripts, by
// keyboard, on a phone, and as a member who sees one account.
//
// `cargo xtask browse` starts the demo and sets ADDRESS, NAME, PASSWORD, CHROMIUM and, where pictures
// are wanted, PICTURES; and a service with nothing in it, at NEW with the code CODE.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const { ADDRESS, NAME, PASSWORD, NEW, CODE, CHROMIUM, PICTURES } = process.env;
const DESK = { width: 1366, height: 768 };
const PHONE = { width: 360, height: 740 };
const PAGES = [
  "/", "/charts", "/calls", "/waiting", "/set-aside", "/coverage", "/gaps", "/diagnostics",
  "/statements", "/accounts", "/agents", "/contacts", "/sources", "/runs", "/jobs", "/schedules", "/api", "/about",
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

// A second of silence.
function sound() {
  const rate = 8000;
  const wav = Buffer.alloc(44 + rate, 128);
  wav.write("RIFF", 0);
  wav.writeUInt32LE(36 + rate, 4);
  wav.write("WAVEfmt ", 8);
  [[16, 4], [1, 2], [1, 2], [rate, 4], [rate, 4], [1, 2], [8, 2]].reduce((at, [value, bytes]) => {
    wav.writeUIntLE(value, at, bytes);
    return at + bytes;
  }, 16);
  wav.write("data", 36);
  wav.writeUInt32LE(rate, 40);
  return wav;
}

const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
try {
  await step("who sees the service start sets it up, and is the operator", async () => {
    const fresh = await open(browser, { baseURL: NEW });
    await fresh.goto("/");
    await fresh.goto("/set-up");
    await picture(fresh, "set-up");
    await fresh.fill("[name=code]", CODE);
    await fresh.fill("[name=name]", "olga@example.com");
    await fresh.fill("[name=password]", "nine quiet boats at noon");
    await fresh.fill("[name=again]", "nine quiet boats at noon");
    await fresh.click("main button[type=submit]");
    await fresh.waitForURL((url) => url.pathname === "/");
    assert.match(await fresh.textContent("h1"), /No source yet/);
    const again = await open(browser, { baseURL: NEW });
    await again.goto("/set-up");
    assert.match(again.url(), /\/sign-in/, "it is set up once");
    await again.context().close();
    await fresh.context().close();
  });

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

  await step("what came late to the provider's list is missing, and a repair brings it", async () => {
    await page.goto("/diagnostics");
    await page.click("tbody tr:first-child a >> nth=0");
    assert.match(await page.textContent("main"), /3missing here/);
    await page.click("text=Repair, and compare again");
    await page.waitForSelector("#progress .status:text('done')");
    await page.click("text=See what was found");
    assert.match(await page.textContent("main"), /0missing here/);
    await picture(page, "diagnostics-repaired");
  });

  await step("the waiting room says what each call waits for, and ends it", async () => {
    await page.goto("/waiting");
    const row = page.locator("tbody tr", { hasText: "vicidial" }).filter({ hasText: "names no agent" });
    const waiting = Number(await row.locator("a").first().textContent());
    assert.ok(waiting > 0, "calls of the dialler wait");
    await row.locator("text=Assign by number, campaign or source").click();
    await page.selectOption("[name=account]", { index: 1 });
    await page.click("text=See what moves");
    await page.click("text=Assign and move them");
    await page.goto("/waiting?source=vicidial");
    assert.equal(await page.locator("text=names no agent").count(), 0, "none of them waits any more");
  });

  await step("a call is found by its filters and shows what was said", async () => {
    await page.goto("/calls?source=highlevel_voice_ai&placement=placed");
    await page.click("tbody tr:first-child td:last-child a");
    assert.equal(await page.locator("h2:text('Transcript')").count(), 1);
    assert.equal(await page.locator("h2:text('Everything that happened')").count(), 1);
    await picture(page, "call");
  });

  await step("a recording is played where a browser can", async () => {
    await page.route("https://storage.example.com/**", (route) =>
      route.fulfill({ contentType: "audio/wav", body: sound() }));
    await page.goto("/calls?source=teli");
    const calls = await page.locator("tbody td:last-child a").evaluateAll((all) => all.map((it) => it.href));
    for (const call of calls) {
      await page.goto(call);
      if (await page.locator("audio").count()) break;
    }
    await picture(page, "call-player");
    const played = await page.locator("audio").evaluate(async (audio) => {
      audio.muted = true;
      await audio.play();
      return audio.duration;
    });
    assert.equal(Math.round(played), 1);
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

  await step("the page of the API asks and shows what is answered", async () => {
    await page.goto("/api");
    await page.click("#get_calls summary");
    await page.fill("#get_calls [name=limit]", "2");
    await page.click("#get_calls button");
    await page.waitForSelector("#get_calls .answer [aria-label=Body]");
    assert.match(await page.textContent("#get_calls .answer p"), /^200/);
    const body = await page.textContent("#get_calls .answer [aria-label=Body]");
    assert.equal(JSON.parse(body).calls.length, 2);
    assert.match(await page.textContent("#get_calls .answer [aria-label=Command]"), /^curl '.*\/api\/v1\/calls\?limit=2'$/);
    await picture(page, "api-answer");
    await page.setViewportSize(PHONE);
    assert.ok(await fits(page), "an answer is wider than a phone");
    await page.setViewportSize(DESK);
    // A token that nobody gave out is refused, in words, and stands in no command.
    await page.fill("#token", "evc_nothing");
    const refused = page.waitForResponse((it) => it.status() === 401);
    await page.click("#get_calls button");
    await refused;
    await page.waitForSelector("#get_calls .answer p:text('401')");
    assert.doesNotMatch(await page.textContent("#get_calls .answer [aria-label=Command]"), /evc_nothing/);
    // The browser's own word for it is no complaint of ours.
    complaints.splice(0, complaints.length, ...complaints.filter((it) => !/status of 401/.test(it)));
    await page.reload();
    assert.equal(await page.inputValue("#token"), "");
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
    // By now a source was compared, and what came of it stands there.
    assert.ok(await fits(dark), "the first page is wider than the desk");
    await picture(dark, "overview-dark");
    await dark.context().close();
  });

  assert.deepEqual(complaints, [], "a browser complains of nothing");
  console.log("The browser complains of nothing.");
} finally {
  await browser.close();
}
