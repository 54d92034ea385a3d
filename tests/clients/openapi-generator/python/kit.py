"""What the clients share: where the server is, and how to read a stream."""

import io
import os
import time

URL = os.environ["CLIENT_URL"]
KEY = os.environ["CLIENT_KEY"]


def events(answer):
    """What stands in `data:` of the events of a stream that have an id. `answer`: one that is not read yet."""
    fields = {}
    for line in io.TextIOWrapper(answer, encoding="utf-8"):
        name, colon, value = line.rstrip("\n").partition(": ")
        if colon:
            fields[name] = value
        elif not line.strip():
            if "id" in fields and "data" in fields:
                yield fields["data"]
            fields = {}


def until(ask):
    """Asks again until there is something."""
    while True:
        if found := ask():
            return found
        time.sleep(0.05)
