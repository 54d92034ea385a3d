// Runs the script of examples/chat/index.html against a server: with a small document, and with a browser's rules for pages of another
// origin. The environment says where the page, the server and the agent are.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";

const { CHAT_PAGE, CHAT_URL, CHAT_AGENT, CHAT_ORIGIN, CHAT_KEY } = process.env;
const html = readFileSync(CHAT_PAGE, "utf8");
const [, script] = html.match(/<script>([\s\S]*)<\/script>/);
const asked = [];

/** As a browser asks for a page: first whether it may, where the request is not simple; then it reads only what it may. */
async function fetchAsPage(url, request = {}) {
  const { method = "GET", headers = {} } = request;
  const path = new URL(url).pathname.replace(/[0-9a-f-]{36}/g, "{}");
  const unsafe = Object.keys(headers);
  if (unsafe.length > 0) {
    const preflight = await fetch(url, {
      method: "OPTIONS",
      headers: { origin: CHAT_ORIGIN, "access-control-request-method": method, "access-control-request-headers": unsafe.join(",") },
    });
    if (preflight.status !== 204) throw new TypeError(`the preflight of ${path} was refused`);
    const allowed = preflight.headers.get("access-control-allow-headers").split(/, */);
    unsafe.forEach((name) => assert.ok(allowed.includes(name), `${name} may not be sent`));
  }
  const answer = await fetch(url, { ...request, headers: { ...headers, origin: CHAT_ORIGIN } });
  asked.push(`${method} ${path} ${answer.status}`);
  if (answer.headers.get("access-control-allow-origin") !== CHAT_ORIGIN) throw new TypeError(`${path} may not be read`);
  return answer;
}

/** What the page needs of EventSource. */
class Source {
  static open = [];
  constructor(url) {
    this.stop = new AbortController();
    Source.open.push(this);
    this.run(url).catch(() => this.onerror?.());
  }
  async run(url) {
    const answer = await fetchAsPage(url, { signal: this.stop.signal });
    if (!answer.ok) return this.onerror();
    this.onopen();
    let rest = "";
    for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + piece).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const data = block.split("\n").find((line) => line.startsWith("data: "));
        if (data) this.onmessage({ data: data.slice(6) });
      }
    }
    this.onerror();
  }
  close() {
    this.onerror = this.onopen = this.onmessage = () => {};
    this.stop.abort();
  }
}

class Element {
  constructor() {
    Object.assign(this, { children: [], textContent: "", value: "", className: "" });
  }
  append(child) {
    child.remove = () => this.children.splice(this.children.indexOf(child), 1);
    this.children.push(child);
  }
  addEventListener(_, listener) {
    this.listener = listener;
  }
  scrollIntoView() {}
}

/** The page, opened by somebody who has this in their storage. */
function open(storage) {
  const elements = Object.fromEntries(["log", "state", "composer", "text"].map((id) => [id, new Element()]));
  const document = { getElementById: (id) => elements[id], createElement: () => new Element() };
  const localStorage = {
    getItem: (name) => storage.get(name) ?? null,
    setItem: (name, value) => storage.set(name, value),
    removeItem: (name) => storage.delete(name),
  };
  const location = { search: `?server=${encodeURIComponent(CHAT_URL)}&agent=${CHAT_AGENT}` };
  runInNewContext(script, {
    document, localStorage, location, fetch: fetchAsPage, EventSource: Source, crypto, setTimeout, URLSearchParams, console,
  });
  return elements;
}

async function until(what, is) {
  for (const end = Date.now() + 20_000; !(await is()); ) {
    assert.ok(Date.now() < end, `it did not come to pass that ${what}: ${asked.join("\n")}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

const say = (page, words) => {
  page.text.value = words;
  page.composer.listener({ preventDefault() {} });
};
const said = (page) => page.log.children.map((item) => `${item.className || "agent"}: ${item.textContent}`);
const shows = (page, ...lines) => until(`the page shows ${lines}, not ${said(page)}`, () => said(page).join() === lines.join());
const native = (method, path) =>
  fetch(`${CHAT_URL}/threadline/v1${path}`, { method, headers: { authorization: `Bearer ${CHAT_KEY}` } });

const storage = new Map();
let page = open(storage);
assert.deepEqual(asked, [], "nothing is asked before somebody writes");
say(page, "Hello");
await shows(page, "own: Hello", "agent: Hello");
const [{ thread }] = [...storage.values()].map((value) => JSON.parse(value));
const receipts = async () => {
  const { data } = await (await native("GET", `/threads/${thread}/messages`)).json();
  return data.filter(({ role }) => role === "agent").map(({ receipt }) => receipt.standing);
};
await until("the answer is read", async () => (await receipts()).join() === "read");

// The page is opened again: it knows its thread, and shows what was said.
Source.open.forEach((source) => source.close());
page = open(storage);
await shows(page, "own: Hello", "agent: Hello");
say(page, "Again");
await shows(page, "own: Hello", "agent: Hello", "own: Again", "agent: Again");

// The stream breaks off: the page comes back with a new ticket.
const tickets = () => asked.filter((line) => line.includes("stream-ticket")).length;
const before = tickets();
Source.open.at(-1).onerror();
await until("there is a new ticket", () => tickets() > before);
say(page, "Once more");
await until("the answer is shown", () => said(page).at(-1) === "agent: Once more");

// The token is no good any more: what was written stays in the composer, and begins a new thread.
storage.forEach((value, name) => storage.set(name, JSON.stringify({ ...JSON.parse(value), token: "tlt_AAAA" })));
Source.open.forEach((source) => source.close());
page = open(storage);
await until("the page says that the conversation has ended", () => page.state.textContent.includes("has ended"));
assert.equal(storage.size, 0);
say(page, "Anew");
await shows(page, "own: Anew", "agent: Anew");
assert.notEqual(JSON.parse([...storage.values()][0]).thread, thread);
process.exit(0);
