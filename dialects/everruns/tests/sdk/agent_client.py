"""The client of one agent: addresses and keys of two channels stand in the environment, the first where the SDK looks for it.

The agent of the first says "one two three" in pieces, that of the second fails. Each key is of its own agent.
"""

import asyncio
import os

from everruns_sdk import AgentClient
from everruns_sdk.errors import ApiError, AuthenticationError, EverrunsError, NotFoundError

UNKNOWN = "session_01933b5a000070008000000000000001"
REPLY = "one two three"


async def refusal(call):
    try:
        await call
    except EverrunsError as error:
        return error
    raise AssertionError("it was not refused")


async def journey(agent: AgentClient) -> None:
    card = await agent.card()
    assert card["name"] == "support" and card["streaming"], card

    # A new session, and an existing one.
    assert await agent.run("Count") == REPLY
    sessions = await agent.list_sessions(limit=10)
    session = sessions["data"][0]["id"]
    assert sessions["data"][0]["status"] == "idle" and "next_page_token" not in sessions, sessions
    assert await agent.run("Again", session_id=session) == REPLY
    said = [event for event in await agent.list_events(session) if event.type == "input.message"]
    assert [event.data["message"]["content"][0]["text"] for event in said] == ["Count", "Again"], said

    # Streaming, piece by piece.
    streamed = await agent.create_session(title="Streamed", idempotency_key="s-1")
    again = await agent.create_session(title="Streamed", idempotency_key="s-1")
    assert streamed["id"] == again["id"] and streamed["title"] == "Streamed", (streamed, again)
    pieces, kinds, stream = [], [], agent.stream_events(streamed["id"], after_sequence=0)
    async for event in stream:
        kinds.append(event.type)
        if event.type == "session.started":
            # The stream is open: nothing of the turn is over before it is looked at.
            message = await agent.send_message(streamed["id"], "Count", idempotency_key="m-1")
            assert message["role"] == "user", message
        if event.type == "output.message.delta":
            pieces.append(event.data["delta"])
        if event.type == "turn.completed":
            break
    stream.stop()
    await stream.aclose()
    assert len(pieces) > 1 and REPLY.startswith("".join(pieces)), pieces
    assert {"input.message", "turn.started", "output.message.completed"} <= set(kinds), kinds

    # Pages of events.
    seen, last = [], 0
    while page := await agent.list_events(streamed["id"], after_sequence=last, limit=2):
        seen += [event.sequence for event in page if event.sequence is not None]
        last = seen[-1]
    assert seen == list(range(1, len(seen) + 1)) and len(seen) >= 6, seen

    assert (await agent.cancel(streamed["id"]))["status"] == "no_op"
    for call in (agent.answer_questions(session, {"answers": []}), agent.submit_tool_approvals(session, {"decisions": []})):
        error = await refusal(call)
        assert isinstance(error, ApiError) and "no pending" in str(error), error

    error = await refusal(agent.get_session(UNKNOWN))
    assert isinstance(error, NotFoundError) and error.code == "session_not_found", error


async def people(agent: AgentClient, url: str) -> None:
    ann, bob = agent.for_end_user("ann"), agent.for_end_user("bob")
    assert await ann.run("Count") == REPLY
    mine = [session["id"] for session in (await ann.list_sessions())["data"]]
    assert len(mine) == 1 and (await bob.list_sessions())["data"] == [], mine
    assert isinstance(await refusal(bob.get_session(mine[0])), NotFoundError)
    token = await ann.runtime_token()
    assert token["token_type"] == "Bearer" and token["expires_in"] > 0 and token["virtual_user_id"], token
    async with AgentClient(agent_url=url, credential=token["access_token"]) as browser:
        assert await browser.run("Count", session_id=mine[0]) == REPLY
        assert [session["id"] for session in (await browser.list_sessions())["data"]] == mine


async def failure(agent: AgentClient) -> None:
    error = await refusal(agent.run("Hi"))
    assert "turn failed" in str(error), error
    session = (await agent.list_sessions())["data"][0]
    assert session["status"] == "failed", session
    # What has failed before is history; the turn that fails now is another one.
    error = await refusal(agent.run("Again", session_id=session["id"]))
    assert "turn failed" in str(error), error
    failed = [event for event in await agent.list_events(session["id"]) if event.type == "turn.failed"]
    assert len(failed) == 2, failed


async def main() -> None:
    url, broken_url = os.environ["EVERRUNS_AGENT_URL"], os.environ["BROKEN_AGENT_URL"]
    async with AgentClient() as agent:
        await journey(agent)
        await people(agent, url)
    async with AgentClient(agent_url=broken_url, credential=os.environ["BROKEN_AGENT_KEY"]) as broken:
        await failure(broken)
    async with AgentClient(agent_url=broken_url) as stranger:
        assert isinstance(await refusal(stranger.card()), NotFoundError)
    async with AgentClient(agent_url=url, credential="evr_ak_wrong") as nobody:
        assert isinstance(await refusal(nobody.card()), AuthenticationError)


asyncio.run(asyncio.wait_for(main(), timeout=60))
