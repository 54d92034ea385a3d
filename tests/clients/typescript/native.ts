import createClient from "openapi-fetch";

import { done, events, expect, key, url } from "./kit.ts";
import type { components, paths } from "./native.types.ts";

type Event = components["schemas"]["Event"];
type Part = components["schemas"]["Part"];

const client = createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${key}` } });

const thread = done(await client.POST("/threadline/v1/threads", { body: { title: "Typed", metadata: { any: [1] } } }));
const path = { thread: thread.id };
const opened = await client.GET("/threadline/v1/threads/{thread}/events", {
  params: { path },
  headers: { accept: "text/event-stream" },
  parseAs: "stream",
});

const body = { content: [{ type: "text" as const, text: "Hello" }], respond: true };
const sent = done(
  await client.POST("/threadline/v1/threads/{thread}/messages", { params: { path, query: { wait: 30 } }, body }),
);
expect(sent.outcome?.state === "completed", "the turn has completed");
expect(sent.outcome.messages.flatMap((message) => message.content).some(isText), "the agent has said something");

const seen: Event["type"][] = [];
for await (const event of events<Event>(opened.response.body)) {
  seen.push(event.type);
  if (event.type === "message.completed") {
    const author = event.data.message.author;
    expect(author.kind === "agent" && author.agent === thread.agent, "it is the agent's");
  }
  if (event.type === "turn.completed") {
    expect(event.data.idle && event.data.steps > 0, "nothing more runs");
    break;
  }
}
expect(seen.includes("message.created") && seen.includes("message.completed"), `${seen}`);

const messages = done(await client.GET("/threadline/v1/threads/{thread}/messages", { params: { path } }));
expect(messages.data.length === 2 && messages.next === null, "a question and its answer");
const log = done(await client.GET("/threadline/v1/threads/{thread}/events", { params: { path } }));
expect(typeof log !== "string" && log.data.at(-1)?.type === "turn.completed", "the log ends with the turn");
const refused = await client.GET("/threadline/v1/threads/{thread}", { params: { path: { thread: "unknown" } } });
expect(refused.error?.code === "thread_not_found", "a refusal has its type too");

function isText(part: Part): boolean {
  return part.type === "text" && part.text.length > 0;
}
