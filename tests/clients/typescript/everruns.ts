import createClient from "openapi-fetch";

import { done, events, expect, key, url } from "./kit.ts";
import type { components, paths } from "./everruns.types.ts";

type Event = components["schemas"]["Event"];

const client = createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${key}` } });

const session = done(await client.POST("/v1/sessions", { body: { title: "Typed" } }));
const path = { session_id: session.id };
const message = { content: [{ type: "text" as const, text: "Hello" }] };
const sent = done(
  await client.POST("/v1/sessions/{session_id}/messages", { params: { path }, body: { message, metadata: { any: [1] } } }),
);
expect("id" in sent, "it is a message, since nobody waits");
const query = { after_sequence: 0 };
const opened = await client.GET("/v1/sessions/{session_id}/sse", { params: { path, query }, parseAs: "stream" });
const seen: Event["type"][] = [];
for await (const event of events<Event>(opened.response.body)) {
  seen.push(event.type);
  if (event.type === "input.message") expect(event.data.message.id === sent.id, "it is the message that was sent");
  if (event.type === "output.message.completed") {
    expect(event.data.message.content.some((part) => part.type === "text" && part.text !== ""), "it says something");
  }
  if (event.type === "turn.completed") {
    expect(event.data.llm_call_count === 1, "the model was asked once");
    break;
  }
}
expect(seen.includes("input.message") && seen.includes("output.message.completed"), `${seen}`);

const log = done(await client.GET("/v1/sessions/{session_id}/events", { params: { path } }));
expect(log.data.some((event) => event.type === "turn.completed"), "the events are listed");
const messages = done(await client.GET("/v1/sessions/{session_id}/messages", { params: { path } }));
expect(messages.data.map((message) => message.role).join() === "user,agent", "a question and its answer");
const sessions = done(await client.GET("/v1/sessions"));
expect(sessions.data.some((one) => one.id === session.id), "the session is listed");
