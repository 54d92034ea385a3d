// What a browser sees of the console: paints, jumps, and the way of a token to the screen. The bench runs it.
//
// console.mjs URL KEY PID LONG_THREAD MODEL_PORT ROUNDS: prints one line of JSON with lists of figures.
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const [url, key, pid, longThread, modelPort, rounds] = process.argv.slice(2);
const { THREADLINE_BROWSER_MODULES: modules } = process.env;
assert.ok(modules, "THREADLINE_BROWSER_MODULES names the folder of the modules, as bench/README.md says");
const { chromium } = createRequire(join(modules, "package.json"))("playwright-core");
const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));
assert.ok(executablePath, "there is no chromium");

/** Tokens of an answer, and the time between two: 50 a second. */
const [TOKENS, EVERY_MS] = [250, 20];
/** Windows that are open at once for the memory of one. */
const WINDOWS = 200;

/** A model whose tokens are the times at which it writes them. */
async function model(port) {
  const server = createServer((asked, answer) => {
    asked.resume();
    asked.on("end", async () => {
      answer.writeHead(200, { "content-type": "text/event-stream" });
      const send = (choices, rest = {}) =>
        answer.write(`data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", choices, ...rest })}\n\n`);
      const start = performance.now();
      for (let n = 0; n < TOKENS; n += 1) {
        await sleep(Math.max(start + n * EVERY_MS - performance.now(), 0));
        send([{ index: 0, delta: { content: `t${Date.now()} ` }, finish_reason: null }]);
      }
      send([{ index: 0, delta: {}, finish_reason: "stop" }]);
      send([], { usage: { prompt_tokens: 30, completion_tokens: TOKENS } });
      answer.end("data: [DONE]\n\n");
    });
  });
  server.listen(Number(port), "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function signedIn(browser) {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1360, height: 860 } });
  const page = await context.newPage();
  await page.goto("/console/sign-in");
  await page.getByLabel("Key").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
  return { context, page };
}

/** Milliseconds from the press to the first paint of the page's content. */
async function paint(page, path, shown) {
  await page.goto(path);
  await page.locator(shown).first().waitFor();
  return page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
}

/** Scrolls up through this many pages of messages. Returns the most pixels by which what stood on the screen moved by itself. */
async function up(page, pages) {
  return page.evaluate(async (pages) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    let most = 0;
    for (let n = 0; n < pages; n += 1) {
      const before = document.querySelectorAll("#log > *").length;
      window.scrollTo(0, 0);
      await frame();
      const anchor = [...document.querySelectorAll("#log > article")].find((one) => one.getBoundingClientRect().top >= 0);
      const [top, scrolled] = [anchor.getBoundingClientRect().top, document.scrollingElement.scrollTop];
      while (document.querySelectorAll("#log > *").length === before) await frame();
      await frame();
      // A page scrolls by itself only to keep what is read in its place.
      void scrolled;
      most = Math.max(most, Math.abs(anchor.getBoundingClientRect().top - top));
    }
    return most;
  }, pages);
}

/** Scrolls down a screen at a time. Returns the most pixels by which a step moved less or more than it asked. */
async function down(page) {
  return page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const root = document.scrollingElement;
    let most = 0;
    while (root.scrollTop + root.clientHeight < root.scrollHeight - 2) {
      const step = Math.min(600, root.scrollHeight - root.clientHeight - root.scrollTop);
      const anchor = [...document.querySelectorAll("#log > article")].find((one) => one.getBoundingClientRect().top >= 600);
      const top = anchor?.getBoundingClientRect().top;
      window.scrollBy(0, step);
      await frame();
      if (anchor) most = Math.max(most, Math.abs(top - step - anchor.getBoundingClientRect().top));
    }
    return most;
  });
}

async function api(method, path, body) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const answer = await fetch(`${url}/threadline/v1/${path}`, { method, headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
}

/** Milliseconds from the time at which the model wrote a token to the frame that shows it, for each token. */
async function tokens(page) {
  const thread = await api("POST", "threads", {});
  // The browser lists a stream among its resources only when the stream has ended.
  const live = page.waitForResponse((answer) => answer.url().includes("/console/live"));
  await page.goto(`/console/threads/${thread.id}`);
  await live;
  await page.evaluate(() => {
    window.shown = new Map();
    const look = () => {
      const now = Date.now();
      for (const [, at] of document.getElementById("log").textContent.matchAll(/t(\d{13})/g)) {
        if (!window.shown.has(at)) window.shown.set(at, now - Number(at));
      }
    };
    new MutationObserver(() => requestAnimationFrame(() => setTimeout(look))).observe(document.getElementById("log"), { childList: true, subtree: true, characterData: true });
  });
  await api("POST", `threads/${thread.id}/messages`, { text: "Say the times" });
  await page.waitForFunction((count) => window.shown.size >= count, TOKENS, { timeout: 60_000 });
  return page.evaluate(() => [...window.shown.values()]);
}

const residentKb = () => Number(readFileSync(`/proc/${pid}/status`, "utf8").match(/VmRSS:\s+(\d+)/)[1]);

/** Kilobytes of the server for a window that shows a list of the inbox and a thread. */
async function windows(context) {
  const cookie = (await context.cookies()).map((one) => `${one.name}=${one.value}`).join("; ");
  const headers = { cookie, "sec-fetch-site": "same-origin", accept: "text/event-stream" };
  const { last_seq: seq } = await api("GET", `threads/${longThread}`);
  const path = `/console/live?topics=i:all@${Date.now() * 1_000}&topics=t:${longThread}@${seq}`;
  const open = async () => {
    const asked = request(`${url}${path}`, { headers, agent: false });
    asked.end();
    const [answer] = await once(asked, "response");
    assert.equal(answer.statusCode, 200);
    answer.resume();
    return asked;
  };
  const first = await open();
  await sleep(1_000);
  const before = residentKb();
  const all = await Promise.all(Array.from({ length: WINDOWS }, open));
  await sleep(2_000);
  const kb = (residentKb() - before) / WINDOWS;
  for (const one of [first, ...all]) one.destroy();
  return kb;
}

const talker = await model(modelPort);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--no-first-run"] });
const figures = { inbox_ms: [], needs_ms: [], thread_ms: [], up_px: [], down_px: [], token_ms: [], window_kb: [] };
const { context, page } = await signedIn(browser);
figures.window_kb.push(await windows(context));
for (let round = 0; round < Number(rounds); round += 1) {
  figures.inbox_ms.push(await paint(page, "/console?tab=all", "#rows li"));
  figures.needs_ms.push(await paint(page, "/console?tab=needs", "#list"));
  figures.thread_ms.push(await paint(page, `/console/threads/${longThread}`, "#log article"));
  figures.up_px.push(await up(page, 5));
  figures.down_px.push(await down(page));
  const all = (await tokens(page)).sort((a, b) => a - b);
  figures.token_ms.push(all[Math.floor(all.length * 0.95)]);
}
await browser.close();
talker.close();
talker.closeAllConnections();
process.stdout.write(`${JSON.stringify(figures)}\n`);
