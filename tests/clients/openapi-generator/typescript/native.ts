import { events, expect, options } from "./kit";
import { Configuration, EventFromJSON, EventsApi, MessagesApi, ThreadsApi } from "./native_client";

const configuration = new Configuration(options);
const [threads, messages, log] = [new ThreadsApi(configuration), new MessagesApi(configuration), new EventsApi(configuration)];

async function main() {
  const thread = (await threads.createThread({ newThread: { title: "Typed" } })).id;
  const stream = await log.listEventsRaw({ thread }, { headers: { Accept: "text/event-stream", Authorization: `Bearer ${options.accessToken}` } });
  const newMessage = { content: [{ type: "text" as const, text: "Hello" }] };
  const sent = await messages.sendMessage({ thread, newMessage, wait: 30 });
  expect(sent.outcome?.state === "completed", "the turn has completed");
  for await (const value of events(stream.raw)) {
    const event = EventFromJSON(value);
    if (event.type === "message.completed") expect(event.data.message.author.kind === "agent", "it is the agent's");
    if (event.type === "turn.completed") break;
  }
  const page = await messages.listMessages({ thread });
  expect(page.data.map((message) => message.role).join() === "user,agent", "a question and its answer");
  const listed = await log.listEvents({ thread });
  expect(listed.data.some((event) => event.type === "turn.completed"), "the log has the turn");
}

void main();
