"""An agent of your own behind Threadline: Python 3.9, no packages. Replace `answer`. docs/external-agents.md has the rest.

    THREADLINE_URL=http://127.0.0.1:7400 THREADLINE_KEY=tl_... python3 agent.py
"""
import json, os, threading, time, urllib.error, urllib.request

BASE = os.environ["THREADLINE_URL"] + "/threadline/v1/turns"


def answer(messages):
    """Your agent: gets the conversation as messages of Chat Completions, and gives the answer in pieces."""
    for piece in ("You said: ", str(messages[-1]["content"])):
        yield piece


def post(path, body):
    """The server's answer. Repeats the very same call until there is one: a call with the same number counts once."""
    headers = {"Authorization": "Bearer " + os.environ["THREADLINE_KEY"], "Content-Type": "application/json"}
    while True:
        try:
            request = urllib.request.Request(BASE + path, json.dumps(body).encode(), headers)
            with urllib.request.urlopen(request, timeout=90) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code not in (429, 500, 502, 503, 504):
                raise
        except (OSError, ValueError):
            pass  # The server is away, or its answer broke off.
        time.sleep(0.5)


def beat(turn, over):
    """Keeps the turn while the agent thinks."""
    try:
        while not over.wait(10):
            post(f"/{turn['turn']}/heartbeat", {"attempt": turn["attempt"]})
    except urllib.error.HTTPError:
        pass  # The turn is no longer ours, and the next report says so.


def work(turn):
    over, text, n = threading.Event(), "", 0
    threading.Thread(target=beat, args=(turn, over), daemon=True).start()
    try:
        for n, piece in enumerate([] if turn["answered"] else answer(turn["formatted"]), 1):
            text += piece
            post(f"/{turn['turn']}/deltas", {"attempt": turn["attempt"], "n": n, "deltas": [{"text": piece}]})
        last = [{"text": text}] if text else []
        post(f"/{turn['turn']}/complete", {"attempt": turn["attempt"], "n": n + 1, "messages": last})
    except urllib.error.HTTPError as error:
        if error.code != 409:  # 409: the turn was cancelled, or another program has it.
            raise
    finally:
        over.set()


while True:
    for claimed in post("/claim", {"wait": 30, "format": "openai"})["turns"]:
        work(claimed)
