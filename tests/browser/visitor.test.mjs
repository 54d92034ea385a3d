// What a visitor does beside writing: signs in and out, asks for a person, types, sends files, leaves an address. And the ways
// in which messages come when a stream does not.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";

import { accessible, launch, open } from "./helpers/browser.mjs";
import { bubble, field, kept, log, say } from "./helpers/chat.mjs";
import { Server } from "./helpers/server.mjs";
import { Shop } from "./helpers/shop.mjs";

let browser, server, shop;
const RATES = { THREADLINE_LIMITS_GUEST_REQUESTS_PER_S: "20", THREADLINE_LIMITS_GUEST_REQUESTS_BURST: "200" };
const REFUSED = /40[39]/;
const LOST = /ERR_FAILED|ERR_ABORTED/;

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
/** An agent that lets guests of the shop in, and repeats what they say. */
async function agent(guests = {}, of = { server, shop }) {
  const made = await of.server.api("POST", "agents", {
    name: `visited-${++agents}`, display_name: "Shop assistant", model: "scripted", script: [{ echo: true }], guests: { origins: [of.shop.url], ...guests },
  });
  return { id: made.id, guest: made.guest_id, url: `${of.shop.url}/?agent=${made.guest_id}`, name: `threadline ${of.server.url} ${made.guest_id}`, ...of };
}

/** A page of the shop with the widget. */
async function visit(at, options = {}) {
  const origins = [at.shop.url, at.server.url];
  const opened = await open(browser, at.server, { origins, viewport: { width: 1000, height: 800 }, locale: "en-GB", reducedMotion: "reduce", ...options });
  await opened.page.goto(at.url);
  await bubble(opened.page).waitFor();
  return opened;
}

const asked = (page, method, path) => page.waitForResponse((answer) => answer.request().method() === method && new URL(answer.url()).pathname.endsWith(path));

async function talk(page, text) {
  await say(page, text);
  await log(page).locator(".by-assistant", { hasText: text }).waitFor();
}

/** An identity as the shop's server signs it. */
function identity(secret, at, sub, more = {}) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const said = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub, aud: at.guest, exp: Math.floor(Date.now() / 1000) + 600, ...more })}`;
  return `${said}.${createHmac("sha256", secret).update(said).digest("base64url")}`;
}

const identify = (page, token) => page.evaluate((one) => document.querySelector("threadline-chat").identify(one).then(() => "known", (error) => error.message), token);

test("a token is renewed before its end and after it, and the text in the field stays", async () => {
  const short = await Server.start({ ...RATES, THREADLINE_LIMITS_GUEST_TOKEN_S: "6" });
  const own = { server: short, shop: await Shop.start(short) };
  try {
    const at = await agent({}, own);
    const { page, close } = await visit(at);
    await talk(page, "Before");
    const first = await kept(page, at);
    await field(page).fill("A thought that is not finished");
    assert.equal((await asked(page, "POST", "/token")).status(), 200);
    await page.waitForFunction(([name, token]) => JSON.parse(localStorage.getItem(name)).token !== token, [at.name, first.token]);
    assert.equal(await field(page).inputValue(), "A thought that is not finished");
    // A browser that slept: it believes that the token is good, and the server refuses it.
    const asleep = await kept(page, at);
    await page.goto("about:blank");
    const bearer = { headers: { authorization: `Bearer ${asleep.token}` } };
    // A pause, because the page has a part in the rate too.
    while ((await fetch(`${short.url}/api/v1/chat/threads/${asleep.thread}`, bearer)).status !== 403) await new Promise((done) => setTimeout(done, 200));
    await page.addInitScript((name) => {
      const own = JSON.parse(localStorage.getItem(name) ?? "null");
      if (own) localStorage.setItem(name, JSON.stringify({ ...own, madeAt: Date.now(), endsAt: Date.now() + 86_400_000 }));
    }, at.name);
    await page.goto(at.url);
    await talk(page, "After");
    await log(page).locator(".by-assistant", { hasText: "Before" }).waitFor();
    assert.equal((await kept(page, at)).thread, first.thread, "it is the same conversation");
    await close([REFUSED]);
  } finally {
    own.shop.stop();
    await short.stop();
  }
});

test("logging out forgets everything, and the old token opens nothing", async () => {
  const at = await agent();
  const { page, close } = await visit(at);
  await talk(page, "A secret");
  const { thread, token } = await kept(page, at);
  await page.evaluate(() => document.querySelector("threadline-chat").logout());
  assert.deepEqual(await page.evaluate(() => localStorage.length), 0);
  await log(page).getByText("A secret").first().waitFor({ state: "detached" });
  const headers = { authorization: `Bearer ${token}` };
  for (const [method, path] of [["GET", ""], ["POST", "/token"]]) {
    assert.equal((await fetch(`${server.url}/api/v1/chat/threads/${thread}${path}`, { method, headers })).status, 403, path);
  }
  await talk(page, "Another visitor");
  assert.notEqual((await kept(page, at)).thread, thread);
  await close([REFUSED]);
});

test("tokens that the project revokes end the stream, and the next message begins another conversation", async () => {
  const at = await agent();
  const { page, close } = await visit(at);
  await talk(page, "Before");
  const { thread } = await kept(page, at);
  await server.api("POST", `threads/${thread}/guest-tokens/revoke`);
  await page.waitForFunction((name) => !localStorage.getItem(name), at.name, { timeout: 15_000 });
  await talk(page, "After");
  assert.notEqual((await kept(page, at)).thread, thread);
  await close([REFUSED]);
});

test("a signed visitor finds the conversation on another device, and nobody else does", async () => {
  const at = await agent();
  const { secret } = await server.api("POST", `agents/${at.id}/guest-secret`);
  const one = await visit(at);
  await talk(one.page, "Where is my parcel?");
  assert.equal(await identify(one.page, identity(secret, at, "ada")), "known");
  const two = await visit(at);
  assert.match(await identify(two.page, identity("guessed", at, "ada")), /identity is not valid/);
  assert.equal(await two.page.evaluate(() => localStorage.length), 0);
  assert.equal(await identify(two.page, identity(secret, at, "ada")), "known");
  await bubble(two.page).click();
  await log(two.page).locator(".by-assistant", { hasText: "Where is my parcel?" }).waitFor();
  // Another person at the same device leaves the conversation.
  assert.equal(await identify(two.page, identity(secret, at, "ben")), "known");
  await log(two.page).getByText("Where is my parcel?").first().waitFor({ state: "detached" });
  await talk(two.page, "I am Ben");
  const bens = (await kept(two.page, at)).thread;
  assert.notEqual(bens, (await kept(one.page, at)).thread);
  assert.equal((await server.api("GET", `threads/${bens}/customers`)).data[0].external_id, "ben");
  await one.close();
  await two.close([REFUSED]);
});

test("a visitor asks for a person, where the agent lets visitors ask", async () => {
  const at = await agent({ ask: { most_waiting: 1 } });
  const { page, close } = await visit(at);
  await talk(page, "My parcel is broken");
  const button = page.getByRole("button", { name: "Talk to a person" });
  await button.click();
  await page.getByText("We asked a person to come").waitFor();
  await button.waitFor({ state: "hidden" });
  await accessible(page, "a person is awaited");
  const { thread } = await kept(page, at);
  assert.ok((await server.api("GET", `threads/${thread}`)).wanted);
  const other = await visit(at);
  await talk(other.page, "Mine too");
  await other.page.getByRole("button", { name: "Talk to a person" }).click();
  await other.page.getByText("Nobody can come right now.").waitFor();
  await other.close([REFUSED]);
  await close();
});

test("visitor and team see one another type", async () => {
  const at = await agent();
  const { page, close } = await visit(at);
  await talk(page, "Hello");
  const { thread } = await kept(page, at);
  const told = asked(page, "POST", "/typing");
  await field(page).pressSequentially("I wanted");
  assert.equal((await told).status(), 200);
  await server.api("POST", "members", { email: "typist@example.com", role: "member", name: "Ann" });
  const present = (typing) => server.api("POST", `threads/${thread}/presence`, { member: "typist@example.com", typing });
  assert.ok((await present("none")).customer_typing, "the team sees it");
  await present("note");
  await present("reply");
  await log(page).getByText("Ann is typing…").waitFor();
  await present("none");
  await log(page).getByText("Ann is typing…").waitFor({ state: "detached" });
  await close();
});

test("files are picked, dropped and pasted, cancelled and sent", async () => {
  const at = await agent({ files: { types: ["text/plain"], bytes: 1000 } });
  const { page, close } = await visit(at);
  await talk(page, "I have a letter");
  const file = (name, text = "my letter", mimeType = "text/plain") => ({ name, mimeType, buffer: Buffer.from(text) });
  const picker = page.locator("input[type=file]");
  await picker.setInputFiles(file("a.png", "x", "image/png"));
  await page.getByText("a.png: files of this type are not taken.").waitFor();
  await picker.setInputFiles(file("long.txt", "x".repeat(1001)));
  await page.getByText("long.txt is too large").waitFor();
  // One that does not come through is cancelled.
  let release;
  const held = new Promise((done) => { release = done; });
  await page.route("**/attachments", async (route) => { await held; await route.abort(); }, { times: 1 });
  await picker.setInputFiles(file("held.txt"));
  await page.getByRole("progressbar").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("held.txt").waitFor({ state: "detached" });
  release();
  const sent = asked(page, "POST", "/attachments");
  await picker.setInputFiles(file("picked.txt"));
  assert.equal((await sent).status(), 200);
  for (const [kind, where] of [["drop", ".panel"], ["paste", "textarea"]]) {
    const uploaded = asked(page, "POST", "/attachments");
    await page.locator(where).evaluate((node, name) => {
      const data = new DataTransfer();
      data.items.add(new File(["my words"], `${name}.txt`, { type: "text/plain" }));
      const event = name === "drop" ? new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }) : new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
      node.dispatchEvent(event);
    }, kind);
    assert.equal((await uploaded).status(), 200, kind);
  }
  await page.getByRole("button", { name: "Remove paste.txt" }).waitFor();
  await accessible(page, "files");
  await page.getByRole("button", { name: "Remove drop.txt" }).click();
  const taken = asked(page, "POST", "/messages");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  assert.equal((await taken).status(), 200);
  const own = log(page).locator(".by-visitor .file");
  await own.nth(1).waitFor();
  assert.deepEqual(await own.allTextContents(), ["picked.txt", "paste.txt"]);
  const { thread } = await kept(page, at);
  const { data } = await server.api("GET", `threads/${thread}/messages`);
  const said = data.filter(({ role }) => role === "user").at(-1);
  assert.deepEqual(said.content.map(({ type, name }) => [type, name]), [["file", "picked.txt"], ["file", "paste.txt"]]);
  await page.reload();
  await bubble(page).click();
  await own.nth(1).waitFor();
  await close([LOST]);
});

test("after the first message the widget asks where to answer, once", async () => {
  const at = await agent({ contact: { name: true, email: true, consent: "We use your address to answer you." } });
  const { page, close } = await visit(at);
  await bubble(page).click();
  await field(page).waitFor();
  assert.equal(await page.getByRole("group", { name: "Where can we answer" }).count(), 0, "not before");
  await talk(page, "Hello");
  const form = page.getByRole("group", { name: "Where can we answer" });
  await form.getByText("We use your address to answer you.").waitFor();
  await form.getByLabel("E-mail").fill("nobody");
  await form.getByRole("button", { name: "Save" }).click();
  await form.getByText("Please write an e-mail address").waitFor();
  await form.getByLabel("Name").fill("Ada");
  await form.getByLabel("E-mail").fill("ada@example.com");
  await accessible(page, "the contact form");
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByText("We answer there when you are away.").waitFor();
  await form.waitFor({ state: "hidden" });
  const { thread } = await kept(page, at);
  const left = await server.api("GET", `threads/${thread}/contact`);
  assert.deepEqual([left.name, left.email], ["Ada", "ada@example.com"]);
  await page.reload();
  await bubble(page).click();
  await log(page).locator(".by-assistant", { hasText: "Hello" }).waitFor();
  assert.ok(await form.isHidden());
  await close();
});

test("where a stream does not come through, messages come by a long poll, and else by a question every 15 seconds", async () => {
  const at = await agent();
  const { page, close } = await open(browser, server, { origins: [shop.url, server.url], locale: "en-GB", reducedMotion: "reduce" });
  let holdsPolls = false;
  await page.route("**/stream?*", (route) => route.abort());
  await page.route("**/messages?*wait=*", (route) => (holdsPolls ? route.abort() : route.fallback()));
  await page.clock.install();
  await page.goto(at.url);
  const polled = page.waitForRequest(/messages\?.*wait=25/, { timeout: 50_000 });
  await talk(page, "By the first answer");
  const hurry = setInterval(() => page.clock.runFor(5_000).catch(() => {}), 300);
  await polled;
  const { thread } = await kept(page, at);
  const member = "poller@example.com";
  await server.api("POST", "members", { email: member, role: "member", name: "Ann" });
  await server.api("POST", `threads/${thread}/take`, { member, force: true });
  const reply = async (text) => {
    const { last_seq } = await server.api("GET", `threads/${thread}`);
    await server.api("POST", `threads/${thread}/replies`, { member, text, seen: last_seq });
  };
  await reply("By the long poll");
  await log(page).getByText("By the long poll").waitFor();
  holdsPolls = true;
  const asks = page.waitForRequest((request) => /messages\?.*after=/.test(request.url()) && !request.url().includes("wait="), { timeout: 50_000 });
  await asks;
  await reply("By a question");
  await log(page).getByText("By a question").waitFor();
  clearInterval(hurry);
  await close([LOST]);
});

test("a page that is frozen while it leads is robbed by one that is seen", async () => {
  const at = await agent();
  const { page, close } = await visit(at);
  await talk(page, "One");
  const other = await page.context().newPage();
  const streams = [];
  other.on("request", (request) => { if (request.url().includes("/stream?")) streams.push(request.url()); });
  await other.goto(at.url);
  await bubble(other).click();
  await log(other).locator(".by-assistant", { hasText: "One" }).waitFor();
  assert.deepEqual(streams, [], "the first page leads");
  const robbed = other.waitForRequest(/\/stream\?/, { timeout: 40_000 });
  const devtools = await page.context().newCDPSession(page);
  // As a frozen page, it holds the lock and runs nothing.
  await devtools.send("Debugger.enable");
  await devtools.send("Debugger.pause");
  await robbed;
  await talk(other, "Two");
  await devtools.send("Debugger.resume");
  await log(page).locator(".by-assistant", { hasText: "Two" }).waitFor();
  await close();
});
