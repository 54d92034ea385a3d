"""An agent of your own behind Threadline: Python 3.9, no packages. Replace `answer`. docs/external-agents.md has the rest.

    THREADLINE_URL=http://127.0.0.1:7400 THREADLINE_KEY=tl_... python3 agent.py"""
import contextlib, http.client, itertools, json, os, sys, threading, time, urllib.error, urllib.request


def answer(messages, tell):
    """Gets the conversation as messages of Chat Completions, tells what the agent does, and returns its last message."""
    count = messages[-1]["content"]  # Behind a call of a program that ended: the result, or that its outcome is unknown.
    if messages[-1]["role"] == "user":
        call = {"type": "tool_call", "id": "call-1", "name": "count_words", "arguments": {"text": str(count)}}
        tell(messages=[{"content": [call]}])  # Told before the tool runs, so that no other program runs it again.
        count = len(str(count).split())
        tell(results=[{"tool_call_id": "call-1", "result": count}])
    for piece in ("Words: ", str(count)):
        tell(deltas=[{"text": piece}])
    return f"Words: {count}"


def post(path, body):
    """The server's answer. Repeats the very same call until there is one: a call with the same number counts once."""
    url, key = os.environ["THREADLINE_URL"] + "/threadline/v1/turns/" + path, os.environ["THREADLINE_KEY"]
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + key}
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers), timeout=90) as got:
                return json.load(got)
        except (OSError, ValueError, http.client.HTTPException) as error:  # The server is away, or its answer broke off.
            if getattr(error, "code", 503) not in (429, 500, 502, 503, 504):
                raise
            time.sleep(0.5)


def work(turn, answer):
    numbers = itertools.count(1)
    report = lambda kind, **body: post(f"{turn['turn']}/{kind}", {"attempt": turn["attempt"], **body})
    tell = lambda **body: report(next(iter(body)).replace("results", "tool-results"), n=next(numbers), **body)

    def beat():  # Keeps the turn while the agent thinks.
        with contextlib.suppress(urllib.error.HTTPError):
            while report("heartbeat")["held"]:
                time.sleep(10)

    threading.Thread(target=beat, daemon=True).start()
    try:
        last = [] if turn["answered"] else [{"text": answer(turn["formatted"], tell)}]
        report("complete", n=next(numbers), messages=last)
    except urllib.error.HTTPError as error:  # 409: the turn was cancelled, or another program has it.
        print(turn["turn"], error, file=sys.stderr)


def run(answer):
    while True:
        for claimed in post("claim", {"wait": 30, "format": "openai"})["turns"]:
            work(claimed, answer)


if __name__ == "__main__":
    run(answer)
