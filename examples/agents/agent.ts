// An agent of your own behind Threadline: Node 24, no packages. Replace `answer`. docs/external-agents.md has the rest.
//
//     THREADLINE_URL=http://127.0.0.1:7400 THREADLINE_KEY=tl_... node agent.ts
type Message = { role: string; content: unknown };
type Tell = (kind: "messages" | "tool-results" | "deltas", body: object) => Promise<unknown>;
type Turn = { turn: string; attempt: number; answered: boolean; formatted: Message[] };

/** Gets the conversation as messages of Chat Completions, tells what the agent does, and returns its last message. */
async function answer(messages: Message[], tell: Tell): Promise<string> {
  const last = messages[messages.length - 1];
  let count = String(last.content); // Behind a call of a program that ended: the result, or that its outcome is unknown.
  if (last.role === "user") {
    const call = { type: "tool_call", id: "call-1", name: "count_words", arguments: { text: count } };
    // Told before the tool runs, so that no other program runs it again.
    await tell("messages", { messages: [{ content: [call] }] });
    const result = count.split(/\s+/).filter(Boolean).length;
    await tell("tool-results", { results: [{ tool_call_id: "call-1", result }] });
    count = String(result);
  }
  for (const text of ["Words: ", count]) await tell("deltas", { deltas: [{ text }] });
  return `Words: ${count}`;
}

class Refused extends Error {
  status = 0;
}

/** The server's answer. Repeats the very same call until there is one: a call with the same number counts once. */
async function post(path: string, body: object): Promise<any> {
  const headers = { Authorization: `Bearer ${process.env.THREADLINE_KEY}`, "Content-Type": "application/json" };
  const request = { method: "POST", headers, body: JSON.stringify(body) };
  for (;; await new Promise((later) => setTimeout(later, 500))) {
    try {
      const url = `${process.env.THREADLINE_URL}/threadline/v1/turns/${path}`;
      const got = await fetch(url, { ...request, signal: AbortSignal.timeout(90_000) });
      if (got.ok) return await got.json();
      if (![429, 500, 502, 503, 504].includes(got.status)) {
        throw Object.assign(new Refused(await got.text()), { status: got.status });
      }
    } catch (error) {
      if (error instanceof Refused) throw error; // Everything else: the server is away, or its answer broke off.
    }
  }
}

async function work({ turn, attempt, answered, formatted }: Turn): Promise<void> {
  let n = 0;
  const tell: Tell = (kind, body) => post(`${turn}/${kind}`, { attempt, n: ++n, ...body });
  // Keeps the turn while the agent thinks. If the turn is lost, the next report says so.
  const beat = setInterval(() => post(`${turn}/heartbeat`, { attempt }).catch(() => clearInterval(beat)), 10_000);
  try {
    const messages = answered ? [] : [{ text: await answer(formatted, tell) }];
    await post(`${turn}/complete`, { attempt, n: ++n, messages });
  } catch (error) {
    if (!(error instanceof Refused && error.status === 409)) throw error; // 409: cancelled, or another program has it.
  } finally {
    clearInterval(beat);
  }
}

for (;;) for (const turn of (await post("claim", { wait: 30, format: "openai" })).turns) await work(turn);
