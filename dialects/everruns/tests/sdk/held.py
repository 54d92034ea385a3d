"""A session that a person of the project holds: the SDK's clients return from a message to which no agent answers, and read the
person's words later."""

import asyncio
import os

from everruns_sdk import AgentClient, Everruns

SESSION = os.environ["HELD_SESSION"]


async def journey(agent: AgentClient, client: Everruns) -> None:
    # Each returns by itself, although nobody has answered yet.
    assert await agent.run("Hello?", session_id=SESSION) == ""
    before = await client.events.list(SESSION)
    sent = await client.messages.create(SESSION, "Is anybody there?")
    stream = agent.stream_events(SESSION, after_sequence=before[-2].sequence)
    kinds = []
    async for event in stream:
        kinds.append(event.type)
        if kinds.count("session.idled") == 2:
            break
    stream.stop()
    await stream.aclose()
    # What is derived from an entry follows its sequence.
    ended = ["turn.completed", "session.idled"]
    assert kinds == [*ended, "input.message", *ended], kinds
    assert (await client.sessions.get(SESSION)).status == "idle"
    # The person answers now.
    stream = agent.stream_events(SESSION, after_sequence=0)
    async for event in stream:
        if event.type == "output.message.completed":
            assert event.data["message"]["content"] == [{"type": "text", "text": "I am here."}], event
            break
    stream.stop()
    await stream.aclose()
    messages = await client.messages.list(SESSION)
    assert [message.role for message in messages] == ["user", "user", "agent"], messages
    assert messages[1].id == sent.id, messages


async def main() -> None:
    async with AgentClient() as agent, Everruns() as client:
        await asyncio.wait_for(journey(agent, client), timeout=60)


asyncio.run(main())
