// Chromium, and pages that fail a test on whatever a page must not do.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { THREADLINE_BROWSER_MODULES: modules, THREADLINE_PICTURES: pictures } = process.env;
assert.ok(modules, "THREADLINE_BROWSER_MODULES names the folder of the modules; ./test sets it");
const require = createRequire(join(modules, "package.json"));
const { chromium } = require("playwright-core");
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));
assert.ok(executablePath, "there is no chromium; ./test installs Debian's");

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

export function launch() {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"];
  return chromium.launch({ executablePath, args });
}

/** A page of a new context. What it must not do is kept, and `close` fails with it. It may ask the server, or `origins`. */
export async function open(browser, server, { origins = [server.url], ...options } = {}) {
  const context = await browser.newContext({ baseURL: server.url, viewport: { width: 1360, height: 860 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (line) => {
    if (["error", "warning"].includes(line.type())) faults.push(`console: ${line.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`error: ${error}`));
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!origins.includes(new URL(request.url()).origin)) faults.push(`request: ${request.url()}`);
  });
  return {
    page,
    /** Ends the page, and fails with what it did besides the `allowed`. */
    async close(allowed = []) {
      await context.close();
      const wrong = faults.filter((fault) => !allowed.some((pattern) => pattern.test(fault)));
      assert.deepEqual(wrong, []);
    },
  };
}

/** Fails with the violations of the accessibility rules that axe finds. */
export async function accessible(page, name) {
  await page.evaluate(axeSource);
  const found = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: "tag", values } }), TAGS);
  const shown = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(" | ")}`);
  assert.deepEqual(shown, [], name);
}

/** Pictures of the page at three widths in both schemes, with the accessibility rules tried in each. */
export async function portray(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const [width, height] of [[1360, 860], [900, 860], [360, 740]]) {
      await page.setViewportSize({ width, height });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${name} is ${wide} wide at ${width}`);
      await accessible(page, `${name}, ${colorScheme}, ${width}`);
      if (pictures) {
        mkdirSync(pictures, { recursive: true });
        await page.screenshot({ path: join(pictures, `${name}-${width}-${colorScheme}.png`) });
      }
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1360, height: 860 });
}
