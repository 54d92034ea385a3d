"""What the scripts share: the server's address and key stand in the environment, where the SDK looks for them."""

import asyncio
import warnings

from everruns_sdk import Everruns

# The SDK announces that sessions will be begun through its agent client; until then this is how it is done.
warnings.simplefilter("ignore", DeprecationWarning)


def run(script):
    """Runs the script with a client. Whatever it raises ends the process with an error."""

    async def main():
        async with Everruns() as client:
            await asyncio.wait_for(script(client), timeout=60)

    asyncio.run(main())


async def follow(client, session_id, *ends, **options):
    """The events up to the first of these types, with it."""
    seen = []
    stream = client.events.stream(session_id, **options)
    try:
        async for event in stream:
            seen.append(event)
            if event.type in ends:
                return seen
    finally:
        stream.stop()
        await stream.aclose()
    raise AssertionError(f"the stream ended before {ends}: {[event.type for event in seen]}")


def text_of(message):
    return "".join(part.text or "" for part in message.content if part.type == "text")
