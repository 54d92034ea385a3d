"""What the clients share: where the server is, and how to read a stream."""

import json
import os
import time

from httpx_sse import connect_sse

URL = os.environ["CLIENT_URL"]
KEY = os.environ["CLIENT_KEY"]


def of(kind, answer):
    """The answer, which is of this type and no refusal."""
    assert isinstance(answer, kind), answer
    return answer


def events(client, request):
    """What stands in `data:` of the events of a stream, of those that have an id. `request`: what the generator makes of the operation."""
    method, url = request.pop("method"), request.pop("url")
    with connect_sse(client.get_httpx_client(), method, url, **request) as stream:
        for event in stream.iter_sse():
            if event.id:
                yield json.loads(event.data)


def told_apart(models, union, value):
    """The model for one of a union's choices, which is named after the union and its type: `EventTurnStarted`."""
    words = value["type"].replace(".", "_").split("_")
    return getattr(models, union + "".join(word.capitalize() for word in words)).from_dict(value)


def until(ask):
    """Asks again until there is something."""
    while True:
        if found := ask():
            return found
        time.sleep(0.05)
