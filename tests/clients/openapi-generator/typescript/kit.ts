// What the clients share: where the server is, and how to read a stream.

import process from "node:process";

export const options = { basePath: given("CLIENT_URL"), accessToken: given("CLIENT_KEY"), apiKey: given("CLIENT_KEY") };

export function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

export function expect(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`not so: ${what}`);
}

/** What stands in `data:` of a stream's events, of those that have an id. */
export async function* events(stream: Response): AsyncGenerator<unknown> {
  if (stream.body === null) throw new Error("no stream");
  const reader = stream.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      text += decoder.decode(piece.value, { stream: true });
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const field = (name: string) => block.split("\n").find((line) => line.startsWith(name))?.slice(name.length);
        const data = field("data: ");
        if (field("id: ") !== undefined && data !== undefined) yield JSON.parse(data);
      }
    }
  } finally {
    await reader.cancel();
  }
}

/** Asks again until there is something. */
export async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    await new Promise((later) => setTimeout(later, 50));
  }
}
