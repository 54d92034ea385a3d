import createClient from "openapi-fetch";

import { done, events, expect, given, key, url } from "./kit.ts";
import type { components, paths } from "./feather.types.ts";

type Event = components["schemas"]["StreamedMessage"];

const client = createClient<paths>({ baseUrl: url, headers: { "x-api-key": key } });

const body = { agentId: given("CLIENT_AGENT"), metadata: { a: "b" }, variables: {} };
const { thread } = done(await client.POST("/api/v1/threads/web", { body }));
const path = { threadId: thread.id };
const opened = await client.GET("/api/v1/threads/{threadId}/stream", { params: { path }, parseAs: "stream" });
const sent = done(
  await client.POST("/api/v1/threads/{threadId}/messages", { params: { path }, body: { message: "Hello" } }),
);
expect(sent.status === "accepted" && sent.windowExpiresIn > 0, "it is accepted");
let answer: Event | undefined;
for await (const message of events<Event>(opened.response.body)) {
  answer = message;
  break;
}
expect(answer?.direction === "OUTBOUND" && answer.messageBody.length > 0, "the agent has answered");

const list = done(await client.GET("/api/v1/threads/{threadId}/messages", { params: { path } }));
const ids = list.thread.messages.map((message) => message.id);
expect(ids[0] === answer.id && ids[1] === sent.messageId, "the newest first");
const threads = done(await client.GET("/api/v1/threads", { params: { query: { isActive: true } } }));
expect(threads.threads.some((one) => one.id === thread.id), "the thread is listed");
