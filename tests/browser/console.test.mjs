// The console in a browser.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { after, before, test } from "node:test";

import { accessible, launch, open, portray } from "./helpers/browser.mjs";
import { KEY, Server } from "./helpers/server.mjs";

let browser, server;

before(async () => {
  [browser, server] = await Promise.all([launch(), Server.start()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function signedIn(email, options) {
  const opened = await open(browser, server, options);
  await opened.page.goto(await server.link(email, "admin", email.split("@")[0]));
  await opened.page.getByRole("button", { name: "Continue" }).click();
  await opened.page.getByRole("heading", { name: "Inbox" }).waitFor();
  return opened;
}

async function thread(title, ...texts) {
  const made = await server.api("POST", "threads", { title });
  for (const text of texts) await server.api("POST", `threads/${made.id}/messages?wait=30`, { text });
  return made.id;
}

const ANSWER = `It left on **Friday** with the evening van.

| stop | time |
|---|---|
| Hamburg | 18:40 |
| Lübeck | 21:05 |

You can follow it [here](https://parcels.example/4711). The code is \`TL-4711\`:

\`\`\`json
{ "parcel": 4711, "state": "on its way" }
\`\`\`
`;

test("a link signs in, and the pages are accessible in both schemes at three widths", async () => {
  const { page, close } = await open(browser, server);
  await page.goto("/console/sign-in");
  await portray(page, "sign-in");
  await page.goto(await server.link("jonas@example.com", "admin", "Jonas"));
  await accessible(page, "link");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "No threads yet" }).waitFor();
  await portray(page, "inbox-empty");

  await server.script([
    { thinking: "The order number is 4711. I look it up.", tool_calls: [{ name: "track_parcel", arguments: { order: 4711 } }] },
    { text: ANSWER },
  ]);
  await server.api("PATCH", "agents/default", {
    tools: [{ name: "track_parcel", kind: "scripted", description: "Where a parcel is", parameters: { type: "object" }, result: { state: "on its way" } }],
  });
  const id = await thread("Where is my parcel?", "Where is my parcel? The order is 4711.");
  await thread("Invoice for November", "Could you send the invoice again?");
  await thread(undefined, "Hello");
  await page.goto("/console");
  await page.getByText("Invoice for November").waitFor();
  await portray(page, "inbox");
  await page.goto("/console/threads");
  await portray(page, "threads");
  await page.goto("/console/search");
  await page.getByRole("heading", { name: "Find what was said" }).waitFor();
  await page.getByLabel("Text in messages").fill("PARCEL");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  assert.equal(await page.locator("mark").first().textContent(), "parcel");
  await portray(page, "search");
  await page.getByRole("link", { name: "Where is my parcel?" }).first().click();
  await page.getByRole("heading", { name: "Where is my parcel?", level: 1 }).waitFor();
  await page.goto(`/console/threads/${id}`);
  await page.getByText("track_parcel").first().waitFor();
  await portray(page, "thread");
  await page.getByRole("link", { name: "Turns" }).click();
  await page.getByText("Completed").waitFor();
  await portray(page, "turns");
  await page.getByRole("link", { name: "Log" }).click();
  await page.locator("summary").getByText("turn.completed").first().waitFor();
  await portray(page, "log");
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByLabel("Key").waitFor();
  await close();
});

test("without JavaScript the console works but for what is live", async () => {
  const { page, close } = await open(browser, server, { javaScriptEnabled: false });
  await page.goto("/console/sign-in");
  await page.getByLabel("Key").fill(KEY);
  await page.getByRole("button", { name: "Sign in" }).click();
  const id = await thread("Plain", "Hello");
  await page.goto("/console");
  await page.getByRole("link", { name: /Plain/ }).click();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByText("This thread is closed.").waitFor();
  await page.getByRole("button", { name: "Reopen" }).click();
  await page.getByRole("button", { name: "Close" }).waitFor();
  assert.equal((await server.api("GET", `threads/${id}`)).closed, undefined);
  await page.getByRole("searchbox").first().waitFor({ state: "detached" });
  await close();
});

test("an answer grows, and goes on after the server was killed", async () => {
  const { page, close } = await signedIn("grow@example.com");
  const words = Array.from({ length: 120 }, (_, n) => `word${n}${n % 20 === 19 ? ".\n\n" : " "}`).join("");
  await server.script([{ text: words, chunks: 120, delay_ms: 40 }]);
  const { id } = await server.api("POST", "threads", { title: "Long" });
  await page.goto(`/console/threads/${id}`);
  await page.getByText("Nothing was said yet.").waitFor();
  await server.api("POST", `threads/${id}/messages`, { text: "Tell me everything" });
  const growing = page.locator(".growing");
  await growing.getByText("word25").waitFor();
  await accessible(page, "growing");
  await server.kill();
  await page.getByText("The connection is lost").waitFor();
  await server.run();
  await page.getByText("word119").waitFor({ timeout: 60_000 });
  await page.getByText("answers here").waitFor();
  assert.equal(await page.getByText("Tell me everything").count(), 1);
  assert.equal(await page.locator(".by-agent").count(), 1, "the answer stands once");
  const shown = await page.locator(".by-agent .body").innerText();
  assert.deepEqual(shown.match(/word\d+/g), words.match(/word\d+/g));
  assert.match(await page.locator("#announce").innerText(), /^default: word0 word1/);
  await close([/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED/]);
});

test("what a model writes runs nothing and asks nobody", async () => {
  const { page, close } = await signedIn("hostile@example.com");
  const texts = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/pixel.png)",
    "<svg onload=alert(1)></svg>",
    "[click](javascript:alert(1))",
    "<style>@import 'https://evil.example/x.css';</style>",
    "```\"><script>alert(1)</script>\nx\n```",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
  ];
  await server.script([{ text: texts.join("\n\n"), chunks: 60, delay_ms: 5 }]);
  const { id } = await server.api("POST", "threads", { title: "<b>Hostile</b>" });
  await page.goto(`/console/threads/${id}`);
  await server.api("POST", `threads/${id}/messages?wait=30`, { text: texts.join("\n") });
  await page.getByText("answers here").waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "<b>Hostile</b>" }).waitFor();
  assert.equal(await page.locator("#log script, #log style, #log svg, #log iframe, #log img").count(), 0);
  const targets = await page.locator("#log a[href]").evaluateAll((links) => links.map((link) => link.protocol));
  assert.ok(targets.every((protocol) => ["https:", "http:"].includes(protocol)), targets.join());
  await close();
});

test("a form of another port of this host changes nothing", async () => {
  const { page, close } = await signedIn("port@example.com");
  const id = await thread("Victim", "Hello");
  const other = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end(`<form method="post" action="${server.url}/console/threads/${id}/close"><button>Win</button></form>`);
  }).listen(0, "127.0.0.1");
  await once(other, "listening");
  await page.goto(`http://127.0.0.1:${other.address().port}/`);
  await page.getByRole("button", { name: "Win" }).click();
  await page.getByText("only from its own pages").waitFor();
  assert.equal((await server.api("GET", `threads/${id}`)).closed, undefined);
  other.close();
  await close([/^request: http:\/\/127\.0\.0\.1/, /403/]);
});

test("a keyboard reaches the content, the search and a fold", async () => {
  const { page, close } = await signedIn("keys@example.com");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "q");
  await page.keyboard.type("victim/");
  await page.keyboard.press("Enter");
  await page.getByText("Nothing was found").waitFor();
  await close();
});

test("nine pages of a browser share one stream, and a new one leads when the leader closes", async () => {
  const { page, close } = await signedIn("nine@example.com");
  await server.script([{ echo: true }]);
  const id = await thread("Nine", "Hello");
  const streams = [];
  const context = page.context();
  context.on("request", (request) => { if (request.url().includes("/console/live")) streams.push(request); });
  const pages = [page];
  for (let n = 1; n < 9; n++) pages.push(await context.newPage());
  for (const one of pages) await one.goto(`/console/threads/${id}`);
  const say = async (text, all) => {
    await server.api("POST", `threads/${id}/messages?wait=30`, { text });
    for (const one of all) await one.locator(".by-agent", { hasText: text }).waitFor();
  };
  await say("To all nine", pages);
  const leads = new Set(streams.map((request) => request.frame().page()));
  assert.equal(leads.size, 1, "one page has the stream");
  const [leader] = leads;
  await leader.close();
  await say("To the eight", pages.filter((one) => one !== leader));
  await close();
});
