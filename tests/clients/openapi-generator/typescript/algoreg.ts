import { Configuration, GoChatApi } from "./algoreg_client";
import { expect, options, until } from "./kit";

const chat = new GoChatApi(new Configuration(options));

async function main() {
  await chat.createThreadMessage({ messageInput: { from: "ann@example.com", subject: "Made in TypeScript", content: "Hello" } });
  const found = await chat.searchThreads({ threadSearch: { subject: "made in typescript" } });
  const id = found.threads[0]?.id ?? "";
  // This API has no stream: its clients ask again.
  const answered = async () => {
    const { messages } = await chat.getThreadMessages({ id });
    return messages.length === 2 ? messages : undefined;
  };
  const [question, answer] = await until(answered);
  expect(question?.content === "Hello" && answer?.agentId !== null, "a question and its answer");
}

void main();
