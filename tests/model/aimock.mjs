// Runs aimock, a provider of models with scripted answers, on a free port of loopback. The first line of standard output is
// the server's URL. The server ends with its standard input.
//
//   node aimock.mjs ANSWERS
import { createRequire } from "node:module";
import process from "node:process";

// The packages lie beside the interpreter, as the tests install them.
const { LLMock } = createRequire(process.argv0)("@copilotkit/aimock");
const server = new LLMock({ port: 0, host: "127.0.0.1", logLevel: "silent" });
server.loadFixtureFile(process.argv[2]);
await server.start();
console.log(server.url);
process.stdin.on("end", () => process.exit(0)).resume();
