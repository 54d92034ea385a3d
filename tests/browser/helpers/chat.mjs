// The parts of the chat widget on a page, and what a visitor does with them.

export const bubble = (page) => page.getByRole("button", { name: /^Open chat/ });
export const field = (page) => page.getByRole("textbox", { name: "Write a message" });
export const log = (page) => page.getByRole("log");
/** What the browser keeps of the conversation. */
export const kept = (page, at) => page.evaluate((name) => JSON.parse(localStorage.getItem(name)), at.name);

/** Opens the chat where it is closed, and sends the text. */
export async function say(page, text) {
  if (!(await field(page).isVisible())) await bubble(page).click();
  await field(page).fill(text);
  await field(page).press("Enter");
}
