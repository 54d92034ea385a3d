import { Configuration, SMSThreadsApi, StreamedMessageFromJSON, ThreadsApi } from "./feather_client";
import { events, expect, given, options } from "./kit";

// The server takes one credential, and the operations are documented with two ways to send it.
const configuration = new Configuration({ basePath: options.basePath, apiKey: options.apiKey });
const [threads, messages] = [new ThreadsApi(configuration), new SMSThreadsApi(configuration)];

async function main() {
  const createWebThreadBody = { agentId: given("CLIENT_AGENT"), metadata: { a: "b" } };
  const threadId = (await threads.createWebChatThread({ createWebThreadBody })).thread.id;
  const stream = await messages.streamThreadMessagesRaw({ threadId });
  const sent = await messages.sendWebChatMessage({ threadId, sendMessageBody: { message: "Hello" } });
  const told = events(stream.raw);
  const answer = StreamedMessageFromJSON((await told.next()).value);
  await told.return(undefined);
  expect(answer.direction === "OUTBOUND", "the agent has answered");
  const page = (await messages.getThreadMessages({ threadId })).thread;
  expect(page.messages.map((message) => message.id).join() === `${answer.id},${sent.messageId}`, "the newest first");
  const listed = await threads.listThreads({ isActive: true });
  expect(listed.threads.some((one) => one.id === threadId), "the thread is listed");
}

void main();
