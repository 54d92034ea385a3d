// A shop: pages of another origin with the widget, under a policy that allows nothing else. And a trap that must stay empty.
import { once } from "node:events";
import { createServer } from "node:http";

async function listening(answer) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${server.address().port}` };
}

export class Shop {
  static async start(threadline) {
    const shop = new Shop();
    /** The attributes of the widget's line by agent. */
    shop.lines = {};
    const { server, url } = await listening((request, answer) => shop.answer(request, answer, threadline.url));
    Object.assign(shop, { server, url });
    return shop;
  }

  answer(request, answer, threadline) {
    const { pathname, searchParams } = new URL(request.url, this.url);
    if (pathname === "/favicon.ico") return answer.writeHead(204).end();
    const policy = [
      "default-src 'none'", `script-src ${threadline}`, `connect-src ${threadline}`, `img-src ${threadline}`, `frame-src ${threadline}`,
      "style-src 'none'", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
    ];
    answer.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": policy.join("; ") });
    const agent = searchParams.get("agent");
    const line = `<script src="${threadline}/widget.js" data-agent="${agent}" ${this.lines[agent] ?? ""} defer></script>`;
    const frame = `<iframe src="${threadline}/chat/${agent}" title="Chat" width="480" height="640"></iframe>`;
    const rows = "<p>Paper of northern pine.</p>".repeat(80);
    answer.end(`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Shop</title></head>
      <body><main><h1>Shop</h1><input aria-label="Search">${pathname === "/framed" ? frame : rows}</main>${pathname === "/framed" ? "" : line}</body></html>`);
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** A server that counts the requests which it gets. */
export async function trap() {
  const found = { hits: 0 };
  const { server, url } = await listening((_, answer) => { found.hits++; answer.end(); });
  return Object.assign(found, { url, stop: () => server.close() });
}
