import { Configuration, ProjectsApi, ThreadsApi } from "./capy_client";
import { expect, options, until } from "./kit";

const configuration = new Configuration(options);
const threads = new ThreadsApi(configuration);

async function main() {
  const projectId = (await new ProjectsApi(configuration).listProjects()).items[0]?.id ?? "";
  const begun = await threads.createAndStartThread({ createThreadBody: { projectId, prompt: "Hello" } });
  const threadId = begun.id;
  // This API has no stream: its clients ask again.
  const ready = async () => ((await threads.getThread({ threadId })).runState === "ready" ? true : undefined);
  await until(ready);
  const sent = await threads.sendThreadMessage({ threadId, sendThreadMessageBody: { message: "Again" } });
  await until(ready);
  const page = await threads.listThreadMessages({ threadId });
  expect(page.items.map((item) => item.source).join() === "assistant,user,assistant,user", "newest first");
  expect(page.items[1]?.id === sent.id, "what was sent is listed");
  const listed = await threads.listThreads({ projectId });
  expect(listed.items.some((item) => item.id === threadId), "the thread is listed");
}

void main();
