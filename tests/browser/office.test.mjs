// The administration pages of the console in a browser.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { once } from "node:events";
import { after, before, test } from "node:test";

import { accessible, launch, open, portray } from "./helpers/browser.mjs";
import { Server } from "./helpers/server.mjs";

/** Text that would run, or load something, if a page did not escape it. */
const HOSTILE = `<img src=x onerror=alert(1)>"'><script>alert(2)</script>`;

let browser, server;

before(async () => {
  [browser, server] = await Promise.all([launch(), Server.start({ THREADLINE_WEBHOOK_TARGETS: "any" })]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function signedIn(email, options, role = "admin") {
  const opened = await open(browser, server, options);
  await opened.page.goto(await server.link(email, role, email.split("@")[0]));
  await opened.page.getByRole("button", { name: "Continue" }).click();
  await opened.page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
  return opened;
}

/** A browser that is signed in with a key of these scopes. */
async function withKey(scopes, options) {
  const { secret } = await server.api("POST", "keys", { name: scopes.join("-"), scopes });
  const opened = await open(browser, server, options);
  await opened.page.goto("/console/sign-in");
  await opened.page.getByLabel("Key").fill(secret);
  await opened.page.getByRole("button", { name: "Sign in" }).click();
  await opened.page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
  return opened;
}

const heading = (page, name) => page.getByRole("heading", { name, level: 1 }).waitFor();
/** The message at a field, and that the field has the focus. */
async function wrongAt(page, label, text) {
  const field = page.getByLabel(label, { exact: true });
  await field.waitFor();
  assert.equal(await field.getAttribute("aria-invalid"), "true", label);
  const about = await page.locator(`#${await field.getAttribute("aria-describedby")}`).innerText();
  assert.match(about, text, label);
  assert.ok(await field.evaluate((one) => one === document.activeElement), `${label} has the focus`);
}
const unfold = (page, words) => page.getByText(words, { exact: true }).click();

test("the rail leads to every page, and a narrow screen to all by More", async () => {
  const { page, close } = await signedIn("rail@example.com");
  const names = ["Agents", "Dialects", "Webhooks", "Customers", "Members", "Saved replies", "Keys", "Usage", "Audit", "System"];
  for (const name of names) {
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name, exact: true }).click();
    await heading(page, name);
  }
  await page.getByRole("link", { name: "Search", exact: true }).click();
  assert.equal(await page.evaluate(() => document.activeElement.id), "q");
  await page.setViewportSize({ width: 360, height: 740 });
  const bar = page.getByRole("navigation", { name: "Main" }).getByRole("link");
  assert.deepEqual(await bar.filter({ visible: true }).allInnerTexts(), ["Inbox", "Threads", "Search", "More"]);
  await page.getByRole("link", { name: "More" }).click();
  await heading(page, "More");
  assert.ok(await page.getByRole("main").getByRole("link", { name: "Webhooks" }).isVisible());
  await portray(page, "more");
  await close();
});

test("an agent is made, changed and tried, and the answer streams beside the editor", async () => {
  const { page, close } = await signedIn("agents@example.com");
  await page.goto("/console/agents");
  await portray(page, "agents");
  await unfold(page, "Make an agent");
  await page.getByLabel("Name", { exact: true }).fill("Not a name");
  await page.getByRole("button", { name: "Make the agent" }).click();
  await wrongAt(page, "Name", /lower|letters|must/i);
  await page.getByLabel("Name", { exact: true }).fill("shop");
  await page.getByLabel("Name that people see").fill("Shop assistant");
  await page.getByRole("button", { name: "Make the agent" }).click();
  await heading(page, "Shop assistant");
  await page.getByLabel("Instructions").fill("You answer for the shop.\nBe brief.");
  await page.getByLabel("Model", { exact: true }).selectOption("scripted");
  await page.getByLabel("Tools").fill("[{]");
  await page.getByRole("button", { name: "Save" }).click();
  await wrongAt(page, "Tools", /line 1 column/);
  assert.equal(await page.getByLabel("Instructions").inputValue(), "You answer for the shop.\nBe brief.", "texts stay");
  await page.getByLabel("Tools").fill('[{"name": "track", "kind": "client", "parameters": {"type": "object"}}]');
  await page.getByRole("button", { name: "Save" }).click();
  await wrongAt(page, "Script", /must have a reply/);
  const words = Array.from({ length: 60 }, (_, n) => `word${n}`).join(" ");
  await page.getByLabel("Script", { exact: true }).fill(JSON.stringify([{ text: words, chunks: 60, delay_ms: 30 }]));
  await page.getByLabel("Lets guests in").check();
  await page.getByLabel("Pages of guests").fill("https://shop.example.com");
  await page.getByLabel("Dollars in a day").fill("much");
  await page.getByRole("button", { name: "Save" }).click();
  await wrongAt(page, "Dollars in a day", /2\.50/);
  await page.getByLabel("Dollars in a day").fill("2.50");
  await page.getByLabel("Window, in seconds").fill("-1");
  await page.getByRole("button", { name: "Save" }).click();
  await wrongAt(page, "Window, in seconds", /must be/);
  await page.getByLabel("Window, in seconds").fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  const stored = await server.api("GET", "agents/shop");
  assert.equal(stored.instructions, "You answer for the shop.\nBe brief.");
  assert.deepEqual(stored.budgets, [{ per: "day", usd: "2.5" }]);
  assert.deepEqual(stored.guests.origins, ["https://shop.example.com"]);
  assert.equal(stored.tools[0].name, "track");
  assert.match(await page.getByText("widget.js").first().innerText(), new RegExp(`data-agent="${stored.guest_id}" defer`));
  await portray(page, "agent");

  await page.getByLabel("Message").fill("Where is my parcel?");
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator(".growing").getByText("word20").waitFor();
  await page.getByText("word59").waitFor();
  await page.locator(".growing").waitFor({ state: "detached" });
  assert.equal(await page.locator("#log .by-agent").count(), 1);
  await portray(page, "agent-trial");
  const id = new URL(page.url()).searchParams.get("trial");
  await page.getByRole("button", { name: "Discard" }).click();
  await page.getByText("The trial was discarded.").waitFor();
  await assert.rejects(server.api("GET", `threads/${id}`), /404/);
  await close([/400/]);
});

test("a change by somebody else is told and not overwritten", async () => {
  const { page, close } = await signedIn("moved@example.com");
  await server.api("POST", "agents", { name: "moved", instructions: "before" });
  await page.goto("/console/agents/moved");
  await page.getByLabel("Instructions").fill("mine");
  await server.api("PATCH", "agents/moved", { instructions: "theirs" });
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("after you opened the page").waitFor();
  await accessible(page, "moved");
  assert.equal((await server.api("GET", "agents/moved")).instructions, "theirs");
  assert.equal(await page.getByLabel("Instructions").inputValue(), "mine");
  await page.getByRole("region", { name: "Changed by somebody else" }).getByText("Instructions").click();
  await page.getByText("theirs").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  assert.equal((await server.api("GET", "agents/moved")).instructions, "mine");
  await close([/409/]);
});

test("a key is made, shown once, and revoked", async () => {
  const { page, close } = await signedIn("keys@example.com");
  await page.goto("/console/keys");
  await unfold(page, "Make a key");
  await page.getByRole("button", { name: "Make the key" }).click();
  await wrongAt(page, "Name", /./);
  await page.getByLabel("Name", { exact: true }).fill("till");
  await page.getByLabel("read: see threads").check();
  await page.getByLabel("Last day").fill("2001-01-01");
  await page.getByRole("button", { name: "Make the key" }).click();
  await wrongAt(page, "Last day", /future/);
  await page.getByLabel("Last day").fill("");
  await page.getByRole("button", { name: "Make the key" }).click();
  const made = page.getByRole("region", { name: "The key till is made" });
  const secret = (await made.locator("pre").innerText()).trim();
  const ask = () => fetch(`${server.url}/threadline/v1/threads`, { headers: { authorization: `Bearer ${secret}` } });
  assert.equal((await ask()).status, 200);
  await portray(page, "key-made");
  await page.goto("/console/keys");
  assert.equal(await page.getByText(secret).count(), 0, "the secret is shown once");
  await page.getByRole("link", { name: "till", exact: true }).click();
  await heading(page, "till");
  await portray(page, "key");
  await unfold(page, "Revoke this key");
  await page.getByRole("button", { name: "Revoke the key" }).click();
  await page.getByText("The key is revoked.").waitFor();
  assert.equal((await ask()).status, 401);
  await close([/400/]);
});

test("a saved reply is written, changed and removed", async () => {
  const { page, close } = await signedIn("texts@example.com", {}, "member");
  await page.goto("/console/saved-replies");
  await portray(page, "saved-replies-empty");
  await unfold(page, "Write a saved reply");
  await page.getByLabel("Name").fill("hours");
  await page.getByRole("button", { name: "Save the reply" }).click();
  await wrongAt(page, "Text", /must/);
  await page.getByLabel("Text").fill(`We are here from 9 to 5.\n${HOSTILE}`);
  await page.getByRole("button", { name: "Save the reply" }).click();
  await page.getByText("It was made.").waitFor();
  await portray(page, "saved-replies");
  await page.getByRole("link", { name: "hours" }).click();
  await heading(page, "hours");
  assert.equal(await page.getByLabel("Text").inputValue(), `We are here from 9 to 5.\n${HOSTILE}`);
  await portray(page, "saved-reply");
  await unfold(page, "Remove this reply");
  await page.getByRole("button", { name: "Remove the reply" }).click();
  await page.getByText("It was removed.").waitFor();
  await close([/400/]);
});

test("a member gets another role, and the changes of an agent say who made them", async () => {
  const { page, close } = await signedIn("roles@example.com");
  await server.link("berta@example.com", "member", "Berta");
  await page.goto("/console/members");
  await page.getByRole("link", { name: "Berta" }).click();
  await page.locator("summary", { hasText: "Change the role" }).click();
  await page.getByLabel("Role").selectOption("admin");
  await portray(page, "member-role");
  await page.getByRole("button", { name: "Change the role" }).click();
  await page.getByText("Saved.").waitFor();
  await page.goto("/console/agents/default");
  await page.getByLabel("Instructions").fill(`Be brief. ${HOSTILE}`);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  await page.getByRole("link", { name: "Who changed this agent" }).click();
  await heading(page, "Changes of default");
  await page.getByText("roles", { exact: true }).first().waitFor();
  await page.getByRole("main").getByText("Instructions").first().click();
  await portray(page, "agent-changes");
  await close();
});

test("a member is invited by a link that signs in, and removed", async () => {
  const { page, close } = await signedIn("members@example.com");
  await page.goto("/console/members");
  await unfold(page, "Invite a member");
  await page.getByLabel("E-mail").fill("no address");
  await page.getByRole("button", { name: "Invite" }).click();
  await wrongAt(page, "E-mail", /must/);
  await page.getByLabel("Name").fill("Ada Lovelace");
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByRole("button", { name: "Invite" }).click();
  const link = (await page.getByRole("region", { name: "A link for Ada Lovelace" }).locator("pre").innerText()).trim();
  await portray(page, "members");
  const other = await open(browser, server);
  await other.page.goto(link);
  await other.page.getByRole("button", { name: "Continue" }).click();
  await heading(other.page, "Inbox");
  await page.goto("/console/members");
  await page.getByRole("link", { name: "Ada Lovelace" }).click();
  await unfold(page, "Make a sign-in link");
  await page.getByRole("button", { name: "Make a link" }).click();
  await page.getByRole("region", { name: "A link for Ada Lovelace" }).waitFor();
  await unfold(page, "Remove this member");
  await page.getByRole("button", { name: "Remove the member" }).click();
  await page.getByText("It was removed.").waitFor();
  await other.page.goto("/console/members");
  await other.page.getByText("You are signed out.").waitFor();
  await other.close([/401/]);
  await close([/400/]);
});

test("a webhook is added, posted to, replayed and removed", async () => {
  const got = [];
  const hook = createServer((request, answer) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      got.push(JSON.parse(body));
      answer.statusCode = got.length === 1 ? 500 : 200;
      answer.end();
    });
  }).listen(0, "127.0.0.1");
  await once(hook, "listening");
  const { page, close } = await signedIn("hooks@example.com");
  await page.goto("/console/webhooks");
  await page.getByText("No webhooks yet").waitFor();
  await portray(page, "webhooks-empty");
  await unfold(page, "Add a webhook");
  await page.getByLabel("Address").fill("gopher://example.com");
  await page.getByRole("button", { name: "Add the webhook" }).click();
  await wrongAt(page, "Address", /./);
  await page.getByLabel("Address").fill(`http://127.0.0.1:${hook.address().port}/hook`);
  await page.getByLabel("thread.created", { exact: true }).check();
  await page.getByRole("button", { name: "Add the webhook" }).click();
  const secret = page.getByRole("region", { name: "The signing secret" });
  assert.match(await secret.locator("pre").innerText(), /^whsec_/);
  await server.api("POST", "threads", { title: "Told" });
  const hooks = await server.api("GET", "webhooks");
  await page.goto(`/console/webhooks/${hooks.data[0].id}`);
  for (;;) {
    if ((await page.getByRole("button", { name: "Send again thread.created" }).count()) > 0) break;
    await page.reload();
  }
  await portray(page, "webhook");
  const before = got.length;
  await page.getByRole("button", { name: "Send again thread.created" }).first().click();
  await page.getByText("It was sent again.").waitFor();
  assert.ok(got.length > before, "the endpoint got it again");
  await unfold(page, "Send entries again");
  await page.getByLabel("Since").fill("yesterday");
  await page.getByRole("button", { name: "Send again", exact: true }).last().click();
  await wrongAt(page, "Since", /date/);
  await unfold(page, "Remove this webhook");
  await page.getByRole("button", { name: "Remove the webhook" }).click();
  await page.getByText("No webhooks yet").waitFor();
  hook.close();
  await close([/400/]);
});

test("a customer is added, found, changed and erased", async () => {
  const { page, close } = await signedIn("customers@example.com");
  await page.goto("/console/customers");
  await portray(page, "customers-empty");
  await unfold(page, "Add a customer");
  await page.getByLabel("Name").fill("Jonas Weber");
  await page.getByLabel("E-mail addresses").fill("jonas@example.com\nnot one");
  await page.getByRole("button", { name: "Make the customer" }).click();
  await wrongAt(page, "E-mail addresses", /must/);
  await page.getByLabel("E-mail addresses").fill("jonas@example.com");
  await page.getByRole("button", { name: "Make the customer" }).click();
  await heading(page, "Jonas Weber");
  await portray(page, "customer");
  await page.goto("/console/customers");
  await page.getByRole("searchbox").fill("JONAS@example.com");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Jonas Weber" }).click();
  await unfold(page, "Change this customer");
  await page.getByLabel("Your id").fill("C-4711");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  await unfold(page, "Erase this customer");
  await page.getByRole("button", { name: "Erase the customer" }).click();
  await page.getByText("The customer was erased.").waitFor();
  assert.deepEqual((await server.api("GET", "customers?external_id=C-4711")).data, []);
  await close([/400/]);
});

test("usage, audit and system show what there is", async () => {
  const { page, close } = await signedIn("sums@example.com");
  await server.api("PATCH", "agents/default", { model: null, script: null });
  const { id } = await server.api("POST", "threads", { title: "Counted" });
  await server.api("POST", `threads/${id}/messages?wait=30`, { text: "Hello" });
  const member = (await server.api("GET", "members")).data.find((one) => one.email === "sums@example.com");
  await server.api("POST", `threads/${id}/take`, { member: member.id });
  await page.goto("/console/usage");
  await page.getByRole("heading", { name: "By model" }).waitFor();
  assert.ok((await page.getByRole("row", { name: /echo/ }).count()) > 0);
  await portray(page, "usage");
  await page.getByLabel("Period").selectOption("7");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByRole("heading", { name: "By day" }).waitFor();
  await page.goto("/console/audit");
  await page.getByLabel("Act").selectOption("take");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByRole("cell", { name: "Took a thread" }).waitFor();
  assert.equal(await page.getByRole("cell", { name: "Made a sign-in link" }).count(), 0);
  await portray(page, "audit");
  await page.goto("/console/system");
  await page.getByText("Takes requests").waitFor();
  assert.ok((await page.getByRole("row", { name: /listen/ }).count()) > 0);
  assert.equal(await page.getByText("tl_browser_tests_bootstrap_key").count(), 0, "no secret is shown");
  await portray(page, "system");
  await close();
});

test("a dialect's commands work as they stand, and their requests arrive", async () => {
  const { page, close } = await signedIn("dialects@example.com");
  await page.goto("/console/dialects");
  await unfold(page, "Make a key here");
  await page.getByLabel("Name").fill("terminal");
  await page.getByRole("button", { name: "Make the key" }).click();
  const key = (await page.getByRole("region", { name: "The key is made" }).locator("pre").innerText()).trim();
  const { id } = await server.api("POST", "threads", { title: "Commands" });
  await server.api("POST", `threads/${id}/messages?wait=30`, { text: "Begin" });
  const env = { PATH: process.env.PATH, THREADLINE_KEY: key };
  const tabs = page.getByRole("navigation", { name: "Dialects" }).getByRole("link");
  await page.goto(`/console/dialects?thread=${id}`);
  for (let n = 0; n < (await tabs.count()); n++) {
    await tabs.nth(n).click();
    const texts = await page.locator(".command pre").allInnerTexts();
    const commands = texts.filter((text) => text.includes("curl --fail-with-body"));
    assert.ok(commands.length > 1, `${await tabs.nth(n).innerText()} has commands`);
    for (const command of commands) execFileSync("sh", ["-c", command], { env, stdio: "pipe" });
    if (n === 0) await portray(page, "dialects");
  }
  await page.locator("#requests").getByText("/api/v1/").first().waitFor();
  await fetch(`${server.url}/threadline/v1/threads/none`, { headers: { authorization: `Bearer ${key}` } });
  const refused = page.locator("#requests tr", { hasText: "thread_not_found" });
  await refused.waitFor();
  assert.match(await refused.innerText(), /404/);
  assert.equal(await page.locator("#requests").getByText(key).count(), 0);
  await portray(page, "dialects-requests");
  await close();
});

test("a key that only reads sees no forms, and its posts are refused", async () => {
  const { page, close } = await withKey(["read"]);
  const agent = (await server.api("GET", "agents")).data[0].id;
  for (const path of ["agents", `agents/${agent}`, "dialects", "customers", "members", "usage", "system"]) {
    await page.goto(`/console/${path}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.equal(await page.locator("main form[method=post]").count(), 0, path);
  }
  assert.equal(await page.getByRole("link", { name: "Keys", exact: true }).count(), 0);
  assert.equal(await page.getByText("Takes requests").count(), 0, "the node's condition is the installation's");
  for (const path of ["keys", "webhooks", "audit"]) assert.equal((await page.goto(`/console/${path}`)).status(), 403);
  await page.goto("/console/agents");
  for (const path of ["agents", `agents/${agent}`, "keys", "members", "customers", "webhooks", "dialects", `agents/${agent}/try`]) {
    const status = await page.evaluate((to) => fetch(`/console/${to}`, { method: "POST" }).then((one) => one.status), path);
    assert.equal(status, 403, path);
  }
  await close([/403/]);
});

test("hostile names stay texts on every page", async () => {
  const { page, close } = await signedIn("hostile@example.com");
  const agent = await server.api("POST", "agents", { name: "hostile", display_name: HOSTILE, description: HOSTILE, instructions: HOSTILE });
  const customer = await server.api("POST", "customers", { name: HOSTILE, external_id: HOSTILE });
  const key = await server.api("POST", "keys", { name: HOSTILE, scopes: ["read"] });
  const member = await server.api("POST", "members", { email: "evil@example.com", name: HOSTILE });
  const webhook = await server.api("POST", "webhooks", { url: "https://example.com/x", description: HOSTILE, enabled: false });
  const thread = await server.api("POST", "threads", { title: HOSTILE });
  await server.api("POST", `threads/${thread.id}/take`, { member: member.id });
  const hostile = encodeURIComponent(HOSTILE);
  const places = [
    "agents", `agents/${agent.id}`, "customers", `customers/${customer.id}`, `customers?q=${hostile}`, "keys",
    `keys/${key.key?.id ?? key.id}`, "members", `members/${member.id}`, "webhooks", `webhooks/${webhook.webhook?.id ?? webhook.id}`,
    "audit", `audit?action=${hostile}&thread=${hostile}`, "usage", `dialects?dialect=${hostile}&thread=${hostile}`, "system",
    `agents?done=${hostile}`, "more",
  ];
  for (const place of places) {
    await page.goto(`/console/${place}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.equal(await page.locator("main img, main script, main [onerror]").count(), 0, place);
  }
  await page.goto(`/console/agents/${agent.id}`);
  await heading(page, HOSTILE);
  assert.equal(await page.getByLabel("Instructions").inputValue(), HOSTILE);
  await accessible(page, "hostile");
  await close();
});

test("without JavaScript every form works", async () => {
  const { page, close } = await signedIn("plain@example.com", { javaScriptEnabled: false });
  await page.goto("/console/agents");
  await page.getByText("Make an agent", { exact: true }).click();
  await page.getByLabel("Name", { exact: true }).fill("plain");
  await page.getByRole("button", { name: "Make the agent" }).click();
  await heading(page, "plain");
  await page.getByLabel("Message").fill("Hello");
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator("#log").getByText("Hello").first().waitFor();
  await page.getByLabel("Description").fill("Plain and simple");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  await unfold(page, "Archive this agent");
  await page.getByRole("button", { name: "Archive the agent" }).click();
  await page.getByText("The agent is archived.").waitFor();
  await unfold(page, "Take this agent back");
  await page.getByRole("button", { name: "Take it back" }).click();
  await page.getByText("takes threads again").waitFor();
  await page.goto("/console/dialects");
  await page.locator("#requests").waitFor();
  await close();
});

test("a form that is sent twice has its effect once", async () => {
  const { page, close } = await signedIn("twice@example.com");
  await page.goto("/console/keys");
  const twice = await page.evaluate(async () => {
    const body = new URLSearchParams(new FormData(document.getElementById("new-key")));
    body.set("name", "twice");
    body.append("scopes", "read");
    const send = () => fetch("/console/keys", { method: "POST", body });
    return [(await send()).status, (await send()).status];
  });
  assert.deepEqual(twice, [200, 409]);
  const keys = (await server.api("GET", "keys?limit=1000")).data.filter((key) => key.name === "twice");
  assert.equal(keys.length, 1);
  await close([/409/]);
});
