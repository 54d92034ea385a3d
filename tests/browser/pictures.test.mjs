// The pictures of the README and of docs: a scene of a shop. THREADLINE_README_PICTURES names the folder that gets them.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { accessible, launch, open } from "./helpers/browser.mjs";
import { Server } from "./helpers/server.mjs";
import { Shop } from "./helpers/shop.mjs";

const folder = process.env.THREADLINE_README_PICTURES ?? process.env.THREADLINE_PICTURES;
const SIZE = { width: 1360, height: 860 };

let browser, server, shop, agent;

before(async () => {
  [browser, server] = await Promise.all([launch(), Server.start()]);
  shop = await Shop.start(server);
  agent = await server.api("POST", "agents", {
    name: "shop",
    display_name: "Shop assistant",
    description: "Answers for Paper & Pine, at any hour",
    instructions: "You answer for Paper & Pine, a shop of notebooks.\nBe brief. Look the parcel up before you answer.",
    model: "scripted",
    script: SCRIPT,
    tools: [{ name: "track_parcel", kind: "scripted", description: "Where a parcel is", parameters: { type: "object" }, result: { state: "on its way" } }],
    guests: { origins: [shop.url], title: "Paper & Pine", greeting: "Hello! Questions about an order?", colour: "#0b6e4f" },
  });
});
after(async () => {
  await browser?.close();
  shop?.stop();
  await server?.stop();
});

const SCRIPT = [
  { tool_calls: [{ name: "track_parcel", arguments: { order: 4711 } }] },
  { text: "It left on **Friday** with the evening van.\n\n| stop | time |\n|---|---|\n| Hamburg | 18:40 |\n| Lübeck | 21:05 |\n\nYou can follow it [here](https://parcels.example/4711)." },
];

/** The page in both schemes, as it is in the documents. */
async function picture(page, name, size = SIZE) {
  await page.setViewportSize(size);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await accessible(page, `${name}, ${colorScheme}`);
    if (!folder) continue;
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) });
  }
}

/** A thread in which the agent answers with these words, or looks the parcel up. */
async function said(title, name, answer, ...texts) {
  await server.api("PATCH", `agents/${agent.id}`, { script: answer ? [{ text: answer }] : SCRIPT });
  const { id } = await server.api("POST", "threads", { title, agent: agent.id });
  for (const text of texts) {
    const external_actor = { actor_id: name, source: "shop", actor_name: name };
    await server.api("POST", `threads/${id}/messages?wait=30`, { text, external_actor });
  }
  return id;
}

test("the inbox, a thread and the editor of an agent", async () => {
  const { page, close } = await open(browser, server, { viewport: SIZE });
  await page.goto(await server.link("ann@example.com", "admin", "Ann Berg"));
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "No threads yet" }).waitFor();
  await said("Invoice for November", "Mira Sol", "Of course. It is on its way to your mailbox.", "Could you send the invoice again?");
  await said("Which pen fits?", "Lena Ode", "The short one, in the loop of the cover.", "Which pen fits the pocket notebook?");
  const refund = await said("A torn cover", "Ada Lindqvist", "I am sorry. I have asked a colleague, who looks at it today.", "The cover came torn. Can I have my money back?", "I would like to talk to somebody.");
  const parcel = await said("Where is my parcel?", "Jonas Weber", null, "Where is my parcel? The order is 4711.");
  await server.api("POST", `threads/${refund}/ask`, { reason: "a refund" });
  await page.goto(`/console/threads/${parcel}`);
  await page.getByRole("button", { name: "Take over" }).click();
  await page.getByText("You answer here").waitFor();
  const composer = page.getByRole("region", { name: "Write" });
  await composer.getByRole("radio", { name: "Note" }).check();
  await composer.getByRole("textbox").fill("Second parcel of this order. Free shipping next time.");
  await composer.getByRole("button", { name: "Save note" }).click();
  await page.locator(".note", { hasText: "Second parcel" }).waitFor();
  await composer.getByRole("radio", { name: "Reply" }).check();
  await composer.getByRole("textbox").fill("Hello Jonas, this is Ann. The van is late today and comes by six.");
  await composer.getByRole("button", { name: "Send" }).click();
  await page.locator(".by-person", { hasText: "this is Ann" }).waitFor();
  await picture(page, "console-thread", { width: 1360, height: 1_000 });
  await page.goto("/console?tab=all");
  await page.getByText("A torn cover").waitFor();
  await picture(page, "console-inbox");
  await page.goto(`/console/agents/${agent.id}`);
  await page.getByLabel("Instructions").waitFor();
  await picture(page, "console-agent");
  await close();
});

test("the chat on a page", async () => {
  const { page, close } = await open(browser, server, {
    origins: [shop.url, server.url], viewport: { width: 760, height: 720 }, locale: "en-GB", reducedMotion: "reduce",
  });
  await page.goto(`${shop.url}/?agent=${agent.guest_id}`);
  await page.getByRole("button", { name: /^Open chat/ }).click();
  const field = page.getByRole("textbox", { name: "Write a message" });
  await field.fill("Where is my parcel? The order is 4711.");
  await field.press("Enter");
  await page.getByRole("log").getByText("evening van").waitFor();
  await page.getByRole("log").locator(".growing").waitFor({ state: "detached" });
  await picture(page, "widget", { width: 760, height: 720 });
  await close();
});
