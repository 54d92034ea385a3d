// The inbox and the thread page in a browser: where members work.
import assert from "node:assert/strict";
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

/** A page on which this new member is signed in. */
async function signedIn(name, options) {
  const opened = await open(browser, server, options);
  await opened.page.goto(await server.link(`${name.toLowerCase()}@example.com`, "member", name));
  await opened.page.getByRole("button", { name: "Continue" }).click();
  await opened.page.getByRole("heading", { name: "Inbox" }).waitFor();
  return opened;
}

async function thread(title, ...texts) {
  const made = await server.api("POST", "threads", { title });
  for (const text of texts) await server.api("POST", `threads/${made.id}/messages?wait=30`, { text });
  return made.id;
}

const composer = (page) => page.getByRole("region", { name: "Write" });
const pick = (page, name) => composer(page).getByRole("radio", { name }).check();
const log = (page) => page.getByRole("log");

test("a member takes over, replies, notes and hands back, and another window sees each", async () => {
  await server.script([{ text: "Let me look. ".repeat(200), chunks: 200, delay_ms: 40 }]);
  const id = await thread("Where is my parcel?");
  const [ann, ben] = [await signedIn("Ann"), await signedIn("Ben")];
  for (const { page } of [ann, ben]) await page.goto(`/console/threads/${id}`);
  await server.api("POST", `threads/${id}/messages`, { text: "Where is my parcel? The order is 4711." });
  await ben.page.locator(".growing").getByText("Let me look").waitFor();
  await ann.page.getByRole("button", { name: "Take over" }).click();
  await ann.page.getByText("You answer here").waitFor();
  await log(ben.page).getByText("Ann took over").waitFor();
  await ben.page.getByText("Ann answers here").waitFor();
  await log(ben.page).getByText("the answer was stopped").waitFor();
  assert.equal(await ben.page.locator(".growing").count(), 0, "the answer has stopped");

  await pick(ann.page, "Note");
  await composer(ann.page).getByText("Only the team reads it.").waitFor();
  await composer(ann.page).getByRole("textbox").fill("Second parcel. Free shipping.");
  await composer(ann.page).getByRole("button", { name: "Save note" }).click();
  await log(ben.page).locator(".note", { hasText: "Second parcel" }).waitFor();
  await composer(ann.page).getByRole("textbox").fill("Hello Jonas, this is Ann. I have the label here.");
  await pick(ann.page, "Reply");
  await composer(ann.page).getByText("Sent as Ann to").waitFor();
  await composer(ann.page).getByRole("textbox").press("Control+Enter");
  await log(ben.page).locator(".by-person", { hasText: "this is Ann" }).waitFor();
  await log(ann.page).locator(".by-person", { hasText: "this is Ann" }).waitFor();
  assert.equal(await composer(ann.page).getByRole("textbox").inputValue(), "");
  await portray(ann.page, "desk-thread");
  await pick(ann.page, "Note");
  await composer(ann.page).getByRole("textbox").fill("A note in the making");
  await portray(ann.page, "desk-note");
  await composer(ann.page).getByRole("textbox").fill("");

  await server.script([{ text: "Anything else?" }]);
  await ann.page.locator("summary", { hasText: "Hand back" }).click();
  await ann.page.getByLabel("Words to the agent").fill("Offer free shipping");
  await portray(ann.page, "desk-hand-back");
  await ann.page.getByLabel("answers in any case").check();
  await ann.page.getByRole("button", { name: "Hand back", exact: true }).click();
  await log(ben.page).getByText("Anything else?").waitFor();
  await log(ben.page).getByText("Offer free shipping").waitFor();
  await log(ann.page).getByText("Ann handed back to the agent").waitFor();
  await ann.page.getByText("answers here").waitFor();
  await ann.close();
  await ben.close();
});

test("a reply to a thread that moved is refused with the news, and the text stays", async () => {
  await server.script([{ echo: true }]);
  const id = await thread("Moved", "Hello");
  const [ann, ben] = [await signedIn("Anna"), await signedIn("Benno")];
  for (const { page } of [ann, ben]) await page.goto(`/console/threads/${id}`);
  await composer(ann.page).getByRole("textbox").fill("My answer");
  await composer(ben.page).getByRole("textbox").fill("Benno was faster");
  await composer(ben.page).getByRole("button", { name: "Send" }).click();
  await log(ann.page).getByText("Benno was faster").waitFor();
  await composer(ann.page).getByLabel("Let the agent go on").waitFor({ state: "detached" });
  await composer(ann.page).getByRole("button", { name: "Send" }).click();
  const alert = composer(ann.page).getByRole("alert");
  await alert.getByText("Others have answered").waitFor();
  await alert.getByText("Benno was faster").waitFor();
  const text = composer(ann.page).getByRole("textbox");
  assert.equal(await text.inputValue(), "My answer");
  assert.equal(await text.evaluate((one) => document.activeElement === one), true, "the field has the focus");
  await portray(ann.page, "desk-moved");
  const found = await server.api("GET", `threads/${id}/messages`);
  assert.ok(!JSON.stringify(found).includes("My answer"));
  await ann.close([/409/]);
  await ben.close();
});

test("a draft outlives the page, and an error the text", async () => {
  const id = await thread("Draft", "Hello");
  const { page, close } = await signedIn("Dora");
  await page.goto(`/console/threads/${id}`);
  await pick(page, "Note");
  await composer(page).getByRole("textbox").fill("Half a thou");
  await page.goto("/console");
  await page.goto(`/console/threads/${id}`);
  assert.equal(await composer(page).getByRole("textbox").inputValue(), "Half a thou");
  await composer(page).getByText("Only the team reads it.").waitFor();
  await server.kill();
  await composer(page).getByRole("button", { name: "Save note" }).click();
  await page.getByText("The server does not answer").waitFor();
  assert.equal(await composer(page).getByRole("textbox").inputValue(), "Half a thou");
  await server.run();
  await composer(page).getByRole("button", { name: "Save note" }).click();
  await log(page).locator(".note", { hasText: "Half a thou" }).waitFor();
  assert.equal(await log(page).locator(".note").count(), 1);
  await page.goto("/console");
  await page.goto(`/console/threads/${id}`);
  assert.equal(await composer(page).getByRole("textbox").inputValue(), "");
  await close([/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/]);
});

test("files go with a reply", async () => {
  const id = await thread("Files", "Send me the label");
  const { page, close } = await signedIn("Fiona");
  await page.goto(`/console/threads/${id}`);
  await composer(page).getByRole("textbox").fill("Here it is");
  await composer(page).getByText("Attach a file").click();
  const name = "label.txt";
  await page.getByLabel("File", { exact: true }).setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from("x") });
  await composer(page).getByLabel(name).waitFor();
  assert.equal(await composer(page).getByRole("textbox").inputValue(), "Here it is");
  await portray(page, "desk-file");
  await composer(page).getByRole("button", { name: "Send" }).click();
  await log(page).getByRole("link", { name }).waitFor();
  await close();
});

test("without JavaScript members take over, reply, note and hand back", async () => {
  const id = await thread("Plain", "Hello");
  const { page, close } = await signedIn("Petra", { javaScriptEnabled: false });
  await page.goto(`/console/threads/${id}`);
  await page.getByRole("button", { name: "Take over" }).click();
  await page.getByText("You answer here").waitFor();
  await composer(page).getByRole("textbox").fill("Hello from Petra");
  await composer(page).getByRole("button", { name: "Send" }).click();
  await log(page).getByText("Hello from Petra").waitFor();
  await pick(page, "Note");
  await composer(page).getByRole("textbox").fill("Remember the label");
  await composer(page).getByRole("button", { name: "Save note" }).click();
  await log(page).locator(".note", { hasText: "Remember the label" }).waitFor();
  await composer(page).getByRole("button", { name: "Send" }).click();
  await composer(page).getByRole("alert").getByText("must not be empty").waitFor();
  await page.goto(`/console/threads/${id}`);
  await page.locator("summary", { hasText: "Hand back" }).click();
  await page.getByRole("button", { name: "Hand back", exact: true }).click();
  await log(page).getByText("Petra handed back to the agent").waitFor();
  await close([/400/]);
});

test("a key signs in, and acts for the member that it chooses", async () => {
  const id = await thread("Key", "Hello");
  const { page, close } = await open(browser, server);
  await page.goto("/console/sign-in");
  await page.getByLabel("Key").fill(KEY);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.goto(`/console/threads/${id}`);
  await page.getByLabel("In the name of").first().selectOption({ label: "Ann" });
  await accessible(page, "key");
  await page.getByRole("button", { name: "Take over" }).click();
  await page.getByText("Ann answers here").waitFor();
  await close();
});

test("the keyboard alone takes over, writes and hands back, and can be switched off", async () => {
  await server.script([{ echo: true }]);
  const id = await thread("Keys", "Hello");
  const { page, close } = await signedIn("Kim");
  await page.goto(`/console/threads/${id}`);
  await page.keyboard.press("?");
  await page.getByRole("dialog").getByText("Take over").waitFor();
  await portray(page, "desk-keys");
  await page.keyboard.press("Escape");
  await page.keyboard.press("t");
  await page.getByText("You answer here").waitFor();
  await page.keyboard.press("r");
  await page.keyboard.type("typed tnh?");
  await page.keyboard.press("Control+Enter");
  await log(page).locator(".by-person", { hasText: "typed tnh?" }).waitFor();
  await page.waitForFunction(() => document.querySelector("#composer textarea").value === "");
  await page.keyboard.press("Escape");
  await page.keyboard.press("n");
  await page.keyboard.type("a note");
  await page.keyboard.press("Control+Enter");
  await log(page).locator(".note", { hasText: "a note" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("h");
  await page.keyboard.type("be kind");
  await page.keyboard.press("Control+Enter");
  await log(page).getByText("be kind").waitFor();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("inbox");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Inbox" }).waitFor();
  await page.keyboard.press("j");
  assert.equal(await page.evaluate(() => document.activeElement.closest(".rows") !== null), true);
  await page.keyboard.press("Enter");
  await log(page).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("i");
  await page.getByRole("heading", { name: "Inbox" }).waitFor();
  await page.keyboard.press("?");
  await page.getByLabel("Single keys are on").uncheck();
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  assert.notEqual(await page.evaluate(() => document.activeElement.id), "q");
  await close();
});

test("earlier messages come as the reader scrolls, and the place stays", async () => {
  const { id } = await server.api("POST", "threads", { title: "Long" });
  for (let n = 0; n < 120; n++) await server.api("POST", `threads/${id}/messages`, { text: `number ${n}.`, respond: false });
  const { page, close } = await signedIn("Lea");
  await page.goto(`/console/threads/${id}`);
  await log(page).getByText("number 119.").waitFor();
  assert.equal(await log(page).getByText("number 69.").count(), 0);
  await page.mouse.move(400, 400);
  await page.evaluate(() => window.scrollTo(0, 0));
  await log(page).getByText("number 20.").waitFor();
  assert.ok(await page.evaluate(() => window.scrollY) > 500, "what was read stays where it was");
  await page.evaluate(() => window.scrollTo(0, 0));
  await log(page).getByText("number 0.").waitFor();
  assert.equal(await log(page).locator(".said").count(), 120);
  await close();
});

test("the inbox says where a person is missing, and goes on by itself", async () => {
  await server.script([{ echo: true }]);
  const [calm, wanted] = [await thread("Calm thread", "Hello"), await thread("Refund please", "I want my money back")];
  await server.api("POST", `threads/${wanted}/ask`, { reason: "a refund" });
  const [ann, ben] = [await signedIn("Ines"), await signedIn("Bela")];
  for (const { page } of [ann, ben]) await page.goto("/console?tab=needs");
  const row = (page, id) => page.locator(`#t-${id}`);
  await row(ann.page, wanted).getByText("Asks for a person").waitFor();
  await row(ann.page, wanted).getByText("I want my money back").waitFor();
  await row(ann.page, wanted).getByText("Unread:").waitFor({ state: "attached" });
  assert.equal(await row(ann.page, calm).count(), 0);
  await portray(ann.page, "desk-inbox");
  await ann.page.goto(`/console/threads/${wanted}`);
  await ann.page.getByRole("button", { name: "Take over" }).click();
  await row(ben.page, wanted).getByText("Ines answers").waitFor();
  assert.equal(await row(ben.page, wanted).evaluate((one) => one.classList.contains("is-left")), true);

  await ann.page.goto("/console?tab=mine");
  await row(ann.page, wanted).getByText("You answer").waitFor();
  await ann.page.getByRole("link", { name: "Everything" }).click();
  await row(ann.page, calm).waitFor();
  await portray(ann.page, "desk-inbox-all");
  const first = await ann.page.locator("#rows > li").first().getAttribute("id");
  const late = await thread("A late one", "Good evening");
  await ann.page.getByRole("button", { name: "1 newer" }).waitFor();
  assert.equal(await ann.page.locator("#rows > li").first().getAttribute("id"), first, "no row moves by itself");
  await ann.page.getByRole("button", { name: "1 newer" }).click();
  await row(ann.page, late).getByText("Good evening").first().waitFor();
  assert.equal(await ann.page.locator("#rows > li").first().getAttribute("id"), `t-${late}`);

  await server.api("POST", `threads/${calm}/ask`, { reason: "an invoice" });
  await ann.page.waitForFunction(() => /^\(\d+\+?\) Inbox/.test(document.title));
  await row(ann.page, calm).getByText("Asks for a person").waitFor();
  await ann.close();
  await ben.close();
});

test("a long list comes piece by piece, and no more than 300 rows stay", async () => {
  for (let n = 0; n < 360; n++) await server.api("POST", "threads", { title: `Row ${n}` });
  const { page, close } = await signedIn("Rosa");
  await page.goto("/console?tab=all");
  await page.getByText("Row 359").waitFor();
  assert.equal(await page.locator("#rows > li").count(), 50);
  for (const n of [300, 200, 100, 20]) {
    await page.waitForFunction((title) => {
      window.scrollTo(0, document.body.scrollHeight);
      return [...document.querySelectorAll(".row-title")].some((one) => one.textContent === title);
    }, `Row ${n}`);
  }
  assert.ok(await page.locator("#rows > li").count() <= 300);
  assert.equal(await page.getByText("Row 359").count(), 0);
  await page.getByRole("link", { name: "First page" }).click();
  await page.getByText("Row 359").waitFor();
  await close();
});

test("members see who looks at a thread and who types, and what is read is read", async () => {
  const id = await thread("Present", "Hello");
  const [ann, ben] = [await signedIn("Paula"), await signedIn("Bruno")];
  await ben.page.goto("/console?tab=all");
  await ben.page.locator(`#t-${id}`).getByText("Unread:").waitFor({ state: "attached" });
  await ann.page.goto(`/console/threads/${id}`);
  await composer(ann.page).getByRole("textbox").fill("I ty");
  await ben.page.goto(`/console/threads/${id}`);
  await ben.page.getByText(/Paula (looks at this|types a reply)/).waitFor();
  await ben.page.goto("/console?tab=all");
  await ben.page.locator(`#t-${id}`).getByText("Paula looks at this").waitFor();
  assert.equal(await ben.page.locator(`#t-${id}`).getByText("Unread:").count(), 0);
  await ann.close();
  await ben.close();
});

test("a slash brings saved replies", async () => {
  for (const [name, text] of [["label", "The label is on its way."], ["hours", "We answer from 9 to 5."]]) {
    await server.api("POST", "saved-replies", { name, text });
  }
  const id = await thread("Saved", "Hello");
  const { page, close } = await signedIn("Sam");
  await page.goto(`/console/threads/${id}`);
  let asked = 0;
  page.on("request", (request) => { if (request.url().endsWith("/saved-texts")) asked += 1; });
  await composer(page).getByRole("textbox").pressSequentially("/la");
  await composer(page).getByRole("option", { name: /label/ }).waitFor();
  assert.equal(await composer(page).getByRole("option").count(), 1);
  assert.equal(asked, 1, "fast typing reads the saved replies once");
  await portray(page, "desk-saved");
  await page.keyboard.press("Enter");
  assert.equal(await composer(page).getByRole("textbox").inputValue(), "The label is on its way.");
  await close();
});

test("who asks for notes gets one when a thread needs a person and nobody looks", async () => {
  const { page, close } = await signedIn("Nora", { permissions: ["notifications"] });
  const button = page.getByRole("button", { name: "Notify me" });
  assert.equal(await button.getAttribute("aria-pressed"), "false");
  await button.click();
  await page.locator("#notes[aria-pressed=true]").waitFor();
  // A page that is hidden, and the notes that it would show.
  await page.evaluate(() => {
    window.told = [];
    window.Notification = class {
      static permission = "granted";
      constructor(title, { body, tag }) { window.told.push({ title, body, tag }); }
      addEventListener() {}
    };
    Object.defineProperty(document, "visibilityState", { value: "hidden" });
  });
  const id = await thread("A refund", "I want my money back");
  await server.api("POST", `threads/${id}/ask`, { reason: "a refund" });
  await page.waitForFunction(() => window.told.length > 0);
  const [note] = await page.evaluate(() => window.told);
  assert.equal(note.title, "Needs a person");
  assert.match(note.body, /^\d+\+? wait for a person$/);
  await close();
});
