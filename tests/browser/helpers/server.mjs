// A server of the built binary on a free port of this machine, with a data folder of its own.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { THREADLINE_TEST_BINARY: binary } = process.env;
assert.ok(binary, "THREADLINE_TEST_BINARY names the built program; ./test sets it");

export const KEY = "tl_browser_tests_bootstrap_key";

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

export class Server {
  /** A server with these variables in its environment. */
  static async start(variables = {}) {
    const server = new Server();
    server.variables = variables;
    server.folder = mkdtempSync(join(tmpdir(), "threadline-browser-"));
    server.port = await freePort();
    server.url = `http://127.0.0.1:${server.port}`;
    await server.run();
    return server;
  }

  /** Starts the process, again after a kill. */
  async run() {
    const listen = `127.0.0.1:${this.port}`;
    this.process = spawn(binary, ["serve", "--data", this.folder, "--listen", listen, "--log", "warn"], {
      env: { PATH: process.env.PATH, THREADLINE_BOOTSTRAP_KEY: KEY, ...this.variables },
      stdio: ["ignore", "ignore", "inherit"],
    });
    this.ended = once(this.process, "exit");
    for (;;) {
      const ready = await fetch(`${this.url}/readyz`).catch(() => null);
      if (ready?.ok) return;
      assert.equal(this.process.exitCode, null, "the server ends before it is ready");
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async kill(signal = "SIGKILL") {
    this.process.kill(signal);
    await this.ended;
  }

  async stop() {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }

  /** A request to the native API. */
  async api(method, path, body) {
    const answer = await fetch(`${this.url}/threadline/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  /** Gives the agent `default` a script. */
  async script(script) {
    await this.api("PATCH", "agents/default", { model: "scripted", script });
  }

  /** The path of a link that signs a new member in. */
  async link(email, role = "member", name = undefined) {
    const member = await this.api("POST", "members", { email, role, name });
    return (await this.api("POST", `members/${member.id}/sign-in-links`)).path;
  }
}
