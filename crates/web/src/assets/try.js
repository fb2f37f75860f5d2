// Sends what is tried out on the page of the API and shows the answer beside it. A token stays in the
// field it was typed into: it is in no address, no store and no command that is shown.
(() => {
  const TIMEOUT_MS = 30_000;
  const SHOWN_MAX = 200_000;
  const bar = document.querySelector("#with");
  if (!bar) return;
  bar.hidden = false;
  bar.addEventListener("submit", (event) => event.preventDefault());
  const token = document.querySelector("#token");

  const address = (form) => {
    const fields = new FormData(form);
    const path = form.dataset.path.replace(/\{(\w+)\}/g, (_, name) => {
      const value = String(fields.get(name) ?? "").trim();
      fields.delete(name);
      return encodeURIComponent(value);
    });
    fields.delete("route");
    const asked = new URLSearchParams([...fields].filter(([, value]) => value !== ""));
    const query = asked.toString();
    return `${location.origin}/api/v1${path}${query && `?${query}`}`;
  };

  // The address is encoded but for this one letter, which would end the quotes of a shell.
  const command = (url) => {
    const header = token.value ? '-H "Authorization: Bearer $EVERYCALL_TOKEN" ' : "";
    return `curl ${header}'${url.replaceAll("'", "%27")}'`;
  };

  // Indents JSON without reading its numbers, which may be longer than a browser can hold.
  const pretty = (text) => {
    let [out, depth, quoted, escaped] = ["", 0, false, false];
    const line = () => `\n${"  ".repeat(depth)}`;
    for (let at = 0; at < text.length; at += 1) {
      const letter = text[at];
      if (quoted) {
        out += letter;
        quoted = escaped || letter !== '"';
        escaped = !escaped && letter === "\\";
      } else if (letter === '"') {
        out += letter;
        quoted = true;
      } else if ("{[".includes(letter)) {
        const empty = "}]".includes(text[at + 1]);
        depth += 1;
        out += empty ? letter : letter + line();
      } else if ("}]".includes(letter)) {
        const empty = "{[".includes(text[at - 1]);
        depth -= 1;
        out += empty ? letter : line() + letter;
      } else if (letter === ",") {
        out += letter + line();
      } else if (letter === ":") {
        out += ": ";
      } else if (!/\s/.test(letter)) {
        out += letter;
      }
    }
    return out;
  };

  const part = (name, label, text) => {
    const element = document.createElement(name);
    element.textContent = text;
    if (label) {
      element.ariaLabel = label;
      element.tabIndex = 0;
    }
    return element;
  };

  const place = (form) => {
    const known = form.parentElement.querySelector(".answer");
    if (known) return known;
    const answer = document.createElement("div");
    answer.className = "answer";
    answer.role = "status";
    // A field may be called `after`, as one is, and hide what every element can.
    Element.prototype.after.call(form, answer);
    return answer;
  };

  const send = async (form) => {
    const url = address(form);
    const answer = place(form);
    answer.replaceChildren(part("p", "", "Asking …"));
    const shown = [part("pre", "Command", command(url))];
    try {
      const began = performance.now();
      const response = await fetch(url, {
        headers: token.value ? { Authorization: `Bearer ${token.value.trim()}` } : {},
        credentials: token.value ? "omit" : "same-origin",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await response.text();
      const took = Math.round(performance.now() - began);
      const isJson = (response.headers.get("content-type") ?? "").includes("json");
      const body = isJson ? pretty(text) : text;
      const rest = body.length > SHOWN_MAX ? "\n… and more, which is not shown" : "";
      const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`);
      shown.push(
        part("p", "", `${response.status} ${response.statusText}, after ${took} ms`),
        part("pre", "Headers", headers.join("\n")),
        part("pre", "Body", body.slice(0, SHOWN_MAX) + rest),
      );
    } catch (error) {
      shown.push(part("p", "", `There was no answer: ${error.message}`));
    }
    answer.replaceChildren(...shown);
  };

  for (const form of document.querySelectorAll("form[data-path]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form);
    });
  }
})();
