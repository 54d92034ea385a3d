import { Configuration, EventFromJSON, EventsApi, MessagesApi, SessionsApi } from "./everruns_client";
import { events, expect, options } from "./kit";

const configuration = new Configuration(options);
const [sessions, messages, log] = [new SessionsApi(configuration), new MessagesApi(configuration), new EventsApi(configuration)];

async function main() {
  const sessionId = (await sessions.createSession({ createSessionRequest: { title: "Typed" } })).id;
  const message = { content: [{ type: "text" as const, text: "Hello" }] };
  // The operation has several successes, of which the generator reads the first alone.
  const sent = await messages.createMessageRaw({ sessionId, createMessageRequest: { message } });
  expect(sent.raw.status === 201, "it is taken");
  const stream = await log.streamSseRaw({ sessionId, afterSequence: 0 });
  for await (const value of events(stream.raw)) {
    const event = EventFromJSON(value);
    if (event.type === "turn.completed") {
      expect(event.data.llmCallCount === 1, "the model was asked once");
      break;
    }
  }
  const listed = await log.listEvents({ sessionId });
  expect(listed.data.some((event) => event.type === "turn.completed"), "the events are listed");
  const page = await messages.listMessages({ sessionId });
  expect(page.data.map((one) => one.role).join() === "user,agent", "a question and its answer");
}

void main();
