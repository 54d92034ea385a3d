"""The SDK's own first example: an agent, a session, a message, its events, and everything removed again."""

from common import follow, run, text_of


async def quickstart(client):
    agent = await client.agents.create("assistant", "You are a helpful assistant.")
    assert agent.status == "active" and agent.id.startswith("agent_"), agent
    session = await client.sessions.create(agent_id=agent.id, title="First")
    assert session.status == "started" and session.agent_id == agent.id, session
    sent = await client.messages.create(session.id, "Hello!")
    assert sent.role == "user" and text_of(sent) == "Hello!", sent
    # Opened after the message, without a cursor: the turn is not missed, however quick it was.
    events = await follow(client, session.id, "turn.completed")
    kinds = [event.type for event in events]
    assert kinds[0] == "input.message", kinds
    for expected in ["turn.started", "reason.started", "output.message.completed"]:
        assert expected in kinds, (expected, kinds)
    said = next(event for event in events if event.type == "output.message.completed")
    assert said.data["message"]["content"] == [{"type": "text", "text": "Hello!"}], said
    messages = await client.messages.list(session.id)
    assert [message.role for message in messages] == ["user", "agent"], messages
    assert text_of(messages[1]) == "Hello!", messages
    assert (await client.sessions.get(session.id)).status == "idle"
    await client.sessions.delete(session.id)
    await client.agents.delete(agent.id)
    assert (await client.agents.get(agent.id)).status == "archived"


run(quickstart)
