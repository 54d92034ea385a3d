import { setTimeout } from "node:timers/promises";

import createClient from "openapi-fetch";

import { done, expect, key, url } from "./kit.ts";
import type { components, paths } from "./capy.types.ts";

type RunState = components["schemas"]["RunState"];

const client = createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${key}` } });

const { items: projects } = done(await client.GET("/api/v1/projects"));
const projectId = projects[0]?.id;
expect(projectId !== undefined, "there is a project");
const thread = done(await client.POST("/api/v1/threads", { body: { projectId, prompt: "Hello" } }));
const path = { threadId: thread.id };
await answered();
const sent = done(
  await client.POST("/api/v1/threads/{threadId}/message", { params: { path }, body: { message: "Again", mode: "queue" } }),
);
expect(sent.status === "sent", "it is sent");
await answered();

const list = done(await client.GET("/api/v1/threads/{threadId}/messages", { params: { path, query: { limit: 10 } } }));
expect(list.items.map((item) => item.source).join() === "assistant,user,assistant,user", "newest first");
expect(list.items[1]?.id === sent.id && !list.hasMore, "what was sent is listed");
const threads = done(await client.GET("/api/v1/threads", { params: { query: { projectId } } }));
expect(threads.items.some((item) => item.id === thread.id && item.status === "idle"), "the thread is listed");

// This API has no stream: its clients ask again.
async function answered(): Promise<void> {
  const busy: RunState[] = ["running", "queued"];
  while (busy.includes(done(await client.GET("/api/v1/threads/{threadId}", { params: { path } })).runState)) {
    await setTimeout(50);
  }
}
