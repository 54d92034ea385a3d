// What the clients share: where the server is, and how to read a stream.

import process from "node:process";

export const url = given("CLIENT_URL");
export const key = given("CLIENT_KEY");

export function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

/** The body of an answer with success. */
export function done<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data === undefined) {
    throw new Error(`${answer.response.url} answers ${answer.response.status}: ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}

export function expect(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`not so: ${what}`);
}

/** What stands in `data:` of a stream's events, of those that have an id. */
export async function* events<Event>(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Event> {
  if (body === null) throw new Error("no stream");
  const reader = body.getReader();
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
        if (field("id: ") !== undefined && data !== undefined) yield JSON.parse(data) as Event;
      }
    }
  } finally {
    await reader.cancel();
  }
}
