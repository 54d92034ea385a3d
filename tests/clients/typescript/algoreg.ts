import { setTimeout } from "node:timers/promises";

import createClient from "openapi-fetch";

import { done, expect, key, url } from "./kit.ts";
import type { components, paths } from "./algoreg.types.ts";

type Message = components["schemas"]["Message"];

const client = createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${key}` } });

const email = { from: "ann@example.com", subject: "Typed", content: "Hello", delivery: { any: true } };
const sent = await client.POST("/api/v1/message", { body: email });
expect(sent.response.status === 204, "it is taken");
const found = done(await client.POST("/api/v1/thread/search", { body: { subject: "typed" } }));
const thread = found.threads[0];
expect(thread !== undefined && thread.status !== 3, "the thread is found");

// This API has no stream: its clients ask again.
const params = { path: { id: thread.id }, query: { limit: 10 } };
let messages: Message[] = [];
while (messages.length < 2) {
  messages = done(await client.GET("/api/v1/thread/{id}/messages", { params })).messages;
  await setTimeout(50);
}
expect(messages[0]?.content === "Hello", "what was sent is listed");
expect(messages[1]?.agent_id !== null, "the agent has answered");
