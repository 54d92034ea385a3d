// The chat widget in a browser, on pages of another origin.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";

import { accessible, launch, open, portray } from "./helpers/browser.mjs";
import { bubble, field, kept, log, say } from "./helpers/chat.mjs";
import { Server } from "./helpers/server.mjs";
import { Shop, trap } from "./helpers/shop.mjs";

let browser, server, shop;
// All visitors have one address here.
const RATES = { THREADLINE_LIMITS_GUEST_REQUESTS_PER_S: "20", THREADLINE_LIMITS_GUEST_REQUESTS_BURST: "200" };
const LOST = /ERR_CONNECTION|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_INTERNET_DISCONNECTED|ERR_FAILED/;

before(async () => {
  [browser, server] = await Promise.all([launch(), Server.start(RATES)]);
  shop = await Shop.start(server);
});
after(async () => {
  await browser?.close();
  shop?.stop();
  await server?.stop();
});

let agents = 0;
/** An agent that lets the shop's guests in, and says this. */
async function agent(script, { settings = {}, ...guests } = {}) {
  const made = await server.api("POST", "agents", {
    name: `shop-${++agents}`, display_name: "Shop assistant", model: "scripted", script, guests: { origins: [shop.url], ...guests }, ...settings,
  });
  return { id: made.id, guest: made.guest_id, url: `${shop.url}/?agent=${made.guest_id}`, name: `threadline ${server.url} ${made.guest_id}` };
}

/** A page of the shop. */
async function visit(at, options = {}) {
  const opened = await open(browser, server, { origins: [shop.url, server.url], viewport: { width: 1000, height: 800 }, locale: "en-GB", reducedMotion: "reduce", ...options });
  await opened.page.goto(at.url);
  await bubble(opened.page).waitFor();
  return opened;
}

const ANSWER = `It left on **Friday** with the evening van.

- Hamburg 18:40
- Lübeck 21:05

You can follow it [here](https://parcels.example/4711).`;

test("a shop under a strict policy shows the chat, in both schemes at three widths", async () => {
  const at = await agent([{ text: ANSWER, chunks: 8, delay_ms: 5 }], { title: "Paper & Pine", greeting: "Hello! Questions about an order?", colour: "#0b6e4f" });
  const { page, close } = await visit(at);
  await portray(page, "widget-bubble");
  await bubble(page).click();
  await page.getByRole("dialog", { name: "Paper & Pine" }).waitFor();
  await say(page, "Where is my parcel? The order is 4711.");
  await log(page).getByText("evening van").waitFor();
  await log(page).locator(".growing").waitFor({ state: "detached" });
  await page.getByText("Shop assistant answers here").waitFor();
  await portray(page, "widget");
  const link = log(page).getByRole("link", { name: "here" });
  assert.deepEqual([await link.getAttribute("rel"), await link.getAttribute("target")], ["noopener noreferrer nofollow", "_blank"]);
  await close();
});

test("before the first message there is one request and nothing is kept", async () => {
  const at = await agent([{ text: "Good day." }], { greeting: "May we help?", greeting_after_s: 0 });
  const asked = [];
  const { page, close } = await open(browser, server, { origins: [shop.url, server.url] });
  page.on("request", (request) => { if (request.url().includes("/api/")) asked.push(request.url()); });
  await page.goto(at.url);
  await page.getByRole("button", { name: "May we help?" }).click();
  await field(page).waitFor();
  assert.deepEqual(asked, [`${server.url}/api/v1/chat/agents/${at.guest}/widget`]);
  assert.deepEqual(await page.evaluate(() => [localStorage.length, document.cookie]), [0, ""]);
  assert.deepEqual(await page.context().cookies(), []);
  const { data } = await server.api("GET", "threads?limit=100");
  assert.deepEqual(data.filter((one) => one.agent === at.id), [], "there is no thread");
  await say(page, "Hello");
  await log(page).getByText("Good day.").waitFor();
  // The greeting comes once a session, and never in a conversation.
  await page.reload();
  await bubble(page).waitFor();
  await page.getByRole("button", { name: "May we help?" }).waitFor({ state: "detached" });
  await bubble(page).click();
  await log(page).getByText("Good day.").waitFor();
  await close();
});

test("consent that is waited for sends and shows nothing until it is given", async () => {
  const at = await agent([{ text: "Yes." }]);
  shop.lines[at.guest] = 'data-consent="wait"';
  const { page, close } = await open(browser, server, { origins: [shop.url, server.url] });
  const asked = [];
  page.on("request", (request) => { if (request.url().includes("/api/")) asked.push(request.url()); });
  await page.goto(at.url);
  await page.locator("threadline-chat").waitFor({ state: "attached" });
  assert.equal(await bubble(page).count(), 0);
  assert.deepEqual(asked, []);
  await page.evaluate(() => document.querySelector("threadline-chat").consent());
  await bubble(page).waitFor();
  await close();
});

test("an answer grows, and goes on after the server was killed", async () => {
  const words = Array.from({ length: 100 }, (_, n) => `word${n}${n % 20 === 19 ? ".\n\n" : " "}`).join("");
  const at = await agent([{ text: words, chunks: 100, delay_ms: 30 }]);
  const { page, close } = await visit(at);
  await say(page, "Tell me everything");
  await log(page).locator(".growing").getByText("word15").waitFor();
  await accessible(page, "a growing answer");
  await server.kill();
  await page.getByText("No connection").waitFor();
  await server.run();
  await log(page).getByText("word99").waitFor({ timeout: 60_000 });
  await log(page).locator(".growing").waitFor({ state: "detached" });
  assert.equal(await log(page).locator(".by-visitor").count(), 1);
  const shown = await log(page).locator(".by-assistant .rich").last().innerText();
  assert.deepEqual(shown.match(/word\d+/g), words.match(/word\d+/g), "each word once");
  await close([LOST]);
});

test("what a model writes runs nothing and asks nobody, at every length", async () => {
  const caught = await trap();
  const texts = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", `![x](${caught.url}/pixel.png)`, `<img src="${caught.url}/x">`,
    "<svg onload=alert(1)></svg>", "[click](javascript:alert(1))", "[click](&#106;avascript:alert(1))", "[a](data:text/html,<script>alert(1)</script>)",
    `<style>@import '${caught.url}/x.css';</style>`, "```\"><script>alert(1)</script>\nx\n```", "`<b onclick=alert(1)>x</b>`",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    `| <img src=${caught.url}> | b |\n|---|---|\n| [x](vbscript:x) | c |`, `> ${"> ".repeat(50)}deep`, `${"[".repeat(500)}x${"](y)".repeat(200)}`,
  ];
  const at = await agent([{ text: texts.join("\n\n"), chunks: 200, delay_ms: 1 }]);
  const { page, close } = await visit(at);
  await say(page, texts.slice(0, 5).join(" "));
  await log(page).getByText("deep").waitFor();
  await log(page).locator(".growing").waitFor({ state: "detached" });
  assert.equal(await log(page).locator("script, style, iframe, img, math, b, .rich svg").count(), 0);
  const targets = await log(page).locator("a").evaluateAll((links) => links.map((link) => link.protocol));
  assert.ok(targets.length > 0 && targets.every((protocol) => protocol === "http:"), targets.join());
  // Every beginning of the texts, as a growing answer shows it.
  const found = await page.evaluate(async ([all, here]) => {
    const files = performance.getEntriesByType("resource").map(({ name }) => name).find((name) => name.endsWith("/markdown.js"));
    const { blocks } = await import(files);
    const tags = new Set();
    const wrong = [];
    for (let end = 0; end <= all.length; end++) {
      for (const { node } of blocks(all.slice(0, end), here)) {
        for (const one of [node, ...node.querySelectorAll("*")]) {
          tags.add(one.localName);
          if ([...one.attributes].some(({ name, value }) => name.startsWith("on") || (name === "href" && !/^(https?|mailto):/.test(value)))) wrong.push(one.outerHTML);
        }
      }
    }
    return { tags: [...tags].sort(), wrong };
  }, [texts.join("\n\n"), server.url]);
  assert.deepEqual(found.wrong, []);
  const known = ["a", "blockquote", "br", "code", "del", "div", "em", "hr", "li", "ol", "p", "pre", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"];
  assert.deepEqual(found.tags.filter((tag) => !known.includes(tag)), []);
  assert.equal(caught.hits, 0);
  caught.stop();
  await close();
});

test("what is written without a network waits, and is sent once and in order", async () => {
  const at = await agent([{ echo: true }]);
  const { page, close } = await visit(at);
  await say(page, "One");
  await log(page).locator(".by-assistant", { hasText: "One" }).waitFor();
  await page.context().setOffline(true);
  for (const text of ["Two", "Three"]) await say(page, text);
  await log(page).getByText("Waiting to be sent").first().waitFor();
  assert.equal((await kept(page, at)).waiting.length, 2);
  await accessible(page, "waiting");
  await page.context().setOffline(false);
  await log(page).locator(".by-assistant", { hasText: "Three" }).waitFor();
  await log(page).getByText("Waiting to be sent").waitFor({ state: "detached" });
  const { thread } = await kept(page, at);
  const { data } = await server.api("GET", `threads/${thread}/messages?limit=100`);
  const said = data.filter(({ role }) => role === "user").map(({ content }) => content[0].text);
  assert.deepEqual(said, ["One", "Two", "Three"]);
  await close([LOST]);
});

test("nine pages share one stream, and a new one leads when the leader closes", async () => {
  const at = await agent([{ echo: true }]);
  const { page, close } = await visit(at);
  const context = page.context();
  await say(page, "Hello");
  await log(page).locator(".by-assistant", { hasText: "Hello" }).waitFor();
  const streams = [];
  context.on("request", (request) => { if (request.url().includes("/stream?")) streams.push(request.frame().page()); });
  const pages = [page];
  for (let n = 1; n < 9; n++) {
    const next = await context.newPage();
    await next.goto(at.url);
    await bubble(next).click();
    await log(next).locator(".by-assistant", { hasText: "Hello" }).waitFor();
    pages.push(next);
  }
  assert.deepEqual(streams, [], "the first page leads");
  await say(pages[8], "To all nine");
  for (const one of pages) await log(one).locator(".by-assistant", { hasText: "To all nine" }).waitFor();
  await page.close();
  await say(pages[7], "To the eight");
  for (const one of pages.slice(1)) await log(one).locator(".by-assistant", { hasText: "To the eight" }).waitFor();
  assert.equal(new Set(streams).size, 1, "one page leads");
  await close();
});

test("a person joins and leaves, and a note is not there", async () => {
  const at = await agent([{ echo: true }]);
  const { page, close } = await visit(at);
  await say(page, "Where is my parcel?");
  await log(page).locator(".by-assistant", { hasText: "Where is my parcel?" }).waitFor();
  const { thread } = await kept(page, at);
  const member = await server.api("POST", "members", { email: "ann@example.com", name: "Ann" });
  await server.api("POST", `threads/${thread}/take`, { member: member.id });
  await log(page).getByText("Ann joined").waitFor();
  await page.getByText("Ann answers here").waitFor();
  await server.api("POST", `threads/${thread}/notes`, { member: member.id, text: "SECRET: a difficult one" });
  const { last_seq } = await server.api("GET", `threads/${thread}`);
  await server.api("POST", `threads/${thread}/replies`, { member: member.id, content: [{ type: "text", text: "Hello, this is Ann." }], seen: last_seq });
  await log(page).locator(".by-person", { hasText: "this is Ann" }).waitFor();
  await say(page, "Thank you!");
  await log(page).locator(".by-visitor", { hasText: "Thank you!" }).waitFor();
  await accessible(page, "a person answers");
  await server.api("POST", `threads/${thread}/hand-back`, { member: member.id });
  await log(page).getByText("Ann left").waitFor();
  await log(page).locator(".by-assistant", { hasText: "Thank you!" }).waitFor();
  await page.reload();
  await bubble(page).click();
  await log(page).getByText("Ann joined").waitFor();
  await log(page).getByText("Ann left").waitFor();
  const everything = await page.evaluate(() => document.querySelector("threadline-chat").shadowRoot.textContent + JSON.stringify(localStorage));
  for (const secret of ["SECRET", "ann@example.com", member.id]) assert.ok(!everything.includes(secret), secret);
  await close();
});

test("the badge counts what was not read, in all pages, and reading it is told", async () => {
  const at = await agent([{ echo: true }]);
  const { page, close } = await visit(at);
  await say(page, "First");
  await log(page).locator(".by-assistant", { hasText: "First" }).waitFor();
  await page.keyboard.press("Escape");
  const { thread } = await kept(page, at);
  const other = await page.context().newPage();
  await other.goto(at.url);
  await bubble(other).waitFor();
  const member = await server.api("POST", "members", { email: "ben@example.com", name: "Ben" });
  const { last_seq } = await server.api("GET", `threads/${thread}`);
  await server.api("POST", `threads/${thread}/replies`, { member: member.id, content: [{ type: "text", text: "A word from Ben" }], seen: last_seq, keep: true });
  for (const one of [page, other]) await one.getByRole("button", { name: "Open chat (1)" }).waitFor();
  await other.bringToFront();
  await bubble(other).click();
  await page.getByRole("button", { name: "Open chat", exact: true }).waitFor();
  await close();
});

test("a keyboard opens, writes, leaves and closes, and the page's shortcuts hear nothing", async () => {
  const at = await agent([{ echo: true }]);
  const { page, close } = await visit(at);
  await page.evaluate(() => { window.heard = []; addEventListener("keydown", ({ key }) => window.heard.push(key)); });
  await bubble(page).focus();
  await page.keyboard.press("Enter");
  await field(page).waitFor();
  const focused = () => page.evaluate(() => {
    const one = document.activeElement.shadowRoot?.activeElement ?? document.activeElement;
    return one.getAttribute("aria-label") ?? one.localName;
  });
  assert.equal(await focused(), "Write a message");
  await page.keyboard.type("g/?");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("k");
  assert.equal(await field(page).inputValue(), "g/?\nk");
  await page.keyboard.press("Enter");
  await log(page).locator(".by-assistant", { hasText: "g/?" }).waitFor();
  await page.keyboard.press("Escape");
  await field(page).waitFor({ state: "hidden" });
  assert.match(await focused(), /^Open chat/);
  assert.deepEqual(await page.evaluate(() => window.heard), []);
  await page.keyboard.press("Enter");
  for (const before of ["Conversation", "Close chat", "Open chat", "Search"]) {
    await page.keyboard.press("Shift+Tab");
    assert.equal(await focused(), before);
  }
  await close();
});

test("on a narrow screen the chat is modal and fills the screen", async () => {
  const at = await agent([{ echo: true }]);
  const { page, close } = await visit(at, { viewport: { width: 360, height: 740 } });
  await bubble(page).click();
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  assert.deepEqual(await dialog.boundingBox(), { x: 0, y: 0, width: 360, height: 740 });
  assert.equal(await dialog.getAttribute("aria-modal"), "true");
  await page.mouse.wheel(0, 900);
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).overflow), "hidden");
  const inside = () => page.evaluate(() => document.activeElement.localName);
  for (let n = 0; n < 6; n++) {
    await page.keyboard.press("Tab");
    assert.equal(await inside(), "threadline-chat");
  }
  assert.ok((await field(page).evaluate((one) => parseFloat(getComputedStyle(one).fontSize))) >= 16);
  await accessible(page, "360");
  await page.getByRole("button", { name: "Close chat" }).click();
  assert.equal(await page.evaluate(() => document.documentElement.style.overflow), "");
  await close();
});

test("text from right to left stands right", async () => {
  const at = await agent([{ text: "مرحبا، غادرت يوم الجمعة." }], { texts: { ar: { placeholder: "اكتب رسالة", open: "افتح" } } });
  shop.lines[at.guest] = 'data-locale="ar"';
  const { page, close } = await open(browser, server, { origins: [shop.url, server.url] });
  await page.goto(at.url);
  await page.getByRole("button", { name: "افتح" }).click();
  await page.getByRole("textbox", { name: "اكتب رسالة" }).fill("أين طردي؟");
  await page.keyboard.press("Enter");
  await log(page).locator(".by-assistant", { hasText: "مرحبا" }).waitFor();
  const directions = await log(page).locator(".rich").evaluateAll((all) => all.map((one) => getComputedStyle(one).direction));
  assert.equal(directions.at(-1), "rtl");
  assert.equal(await page.getByRole("dialog").getAttribute("dir"), "rtl");
  // What was read is told before axe looks, which takes its time.
  await page.getByRole("button", { name: "افتح", exact: true }).waitFor();
  await accessible(page, "right to left");
  await close();
});

test("the loader and the panel are small", async () => {
  const size = async (path) => {
    const text = await (await fetch(server.url + path)).text();
    return { text, bytes: gzipSync(text, { level: 9 }).length };
  };
  const loader = await size("/widget.js");
  assert.ok(loader.bytes <= 3 * 1024, `${loader.bytes} bytes`);
  const [folder] = /\/widget\/[0-9a-f]{16}\//.exec(loader.text);
  const modules = new Map();
  for (const wanted = ["panel.js"]; wanted.length;) {
    const name = wanted.pop();
    if (modules.has(name)) continue;
    const { text, bytes } = await size(folder + name);
    modules.set(name, bytes);
    wanted.push(...[...text.matchAll(/ from '\.\/(.+?)'/g)].map(([, used]) => used));
  }
  const all = [...modules.values()].reduce((sum, bytes) => sum + bytes, 0);
  assert.ok(modules.size > 5 && all <= 22 * 1024, `${all} bytes in ${[...modules.keys()]}`);
});

test("an agent that is archived, and a page that is not listed, have no bubble, and the page's console says so", async () => {
  const [archived, foreign] = [await agent([{ echo: true }]), await agent([{ echo: true }], { origins: ["https://elsewhere.example"] })];
  await server.api("DELETE", `agents/${archived.id}`);
  for (const at of [archived, foreign]) {
    const { page, close } = await open(browser, server, { origins: [shop.url, server.url] });
    const said = page.waitForEvent("console", (line) => line.text().startsWith("Threadline:"));
    await page.goto(at.url);
    assert.match((await said).text(), new RegExp(`no chat with ${at.guest} for pages of ${shop.url}`));
    assert.equal(await bubble(page).count(), 0);
    await close([/Threadline: no chat/, /40[34]/, /CORS/, LOST]);
  }
});

test("a rate that is used up loses no word", async () => {
  const at = await agent([{ echo: true }]);
  const { page, close } = await visit(at);
  await say(page, "First");
  await log(page).locator(".by-assistant", { hasText: "First" }).waitFor();
  const { thread, token } = await kept(page, at);
  const refused = page.waitForResponse((answer) => answer.status() === 429);
  let floods = true;
  const ask = () => fetch(`${server.url}/api/v1/chat/threads/${thread}`, { headers: { authorization: `Bearer ${token}` } });
  const flood = async () => { while (floods) await ask(); };
  const flooding = Promise.all([flood(), flood(), flood(), flood()]);
  refused.finally(() => { floods = false; });
  while ((await ask()).status !== 429);
  await say(page, "Second");
  await refused;
  await flooding;
  await log(page).locator(".by-assistant", { hasText: "Second" }).waitFor({ timeout: 60_000 });
  await close([/429/]);
});

test("a conversation that was closed is followed by another one", async () => {
  const at = await agent([{ echo: true }]);
  const { page, close } = await visit(at);
  await say(page, "Before");
  await log(page).locator(".by-assistant", { hasText: "Before" }).waitFor();
  const { thread } = await kept(page, at);
  await server.api("POST", `threads/${thread}/close`);
  await page.getByText("Your next message begins a new one").waitFor();
  await say(page, "After");
  await log(page).locator(".by-assistant", { hasText: "After" }).waitFor();
  await log(page).getByText("A new conversation").waitFor();
  assert.notEqual((await kept(page, at)).thread, thread);
  // The close has ended the tokens.
  await close([/403/]);
});

test("the page of its own is framed by the agent's origins alone, and reaches the public API alone", async () => {
  const at = await agent([{ echo: true }], { title: "Paper & Pine" });
  const { page, close } = await open(browser, server, { origins: [shop.url, server.url] });
  await page.goto(`${shop.url}/framed?agent=${at.guest}`);
  const chat = page.frameLocator("iframe");
  await chat.getByRole("textbox", { name: "Write a message" }).fill("Hello from a frame");
  await chat.getByRole("textbox", { name: "Write a message" }).press("Enter");
  await chat.locator(".by-assistant", { hasText: "Hello from a frame" }).waitFor();
  const answer = await page.goto(`${server.url}/chat/${at.guest}`);
  const policy = answer.headers()["content-security-policy"];
  for (const part of [`frame-ancestors ${shop.url};`, `connect-src ${new URL(server.url).host}/api/v1/chat/;`, "form-action 'none'", "trusted-types 'none'"]) {
    assert.ok(policy.includes(part), policy);
  }
  await field(page).waitFor();
  await portray(page, "widget-page");
  const refused = await page.evaluate(() => fetch("/threadline/v1/threads").then(() => "answered", () => "refused"));
  assert.equal(refused, "refused");
  await close([/Refused to connect|violates the following Content Security Policy|Fetch API cannot load/]);

  const elsewhere = await Shop.start(server);
  const other = await open(browser, server, { origins: [elsewhere.url, server.url] });
  const blocked = other.page.waitForEvent("console", (line) => line.text().includes("frame-ancestors"));
  await other.page.goto(`${elsewhere.url}/framed?agent=${at.guest}`);
  await blocked;
  elsewhere.stop();
  await other.close([/frame-ancestors|chrome-error/]);
});
