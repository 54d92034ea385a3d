"""A running turn is cancelled, and cancelled again."""

from common import follow, run


async def cancel(client):
    session = await client.sessions.create(agent_name="thinker")
    await client.messages.create(session.id, "Think")
    await follow(client, session.id, "reason.started")
    assert (await client.sessions.get(session.id)).status == "active"
    await client.sessions.cancel(session.id)
    events = await follow(client, session.id, "session.idled")
    assert "turn.cancelled" in [event.type for event in events], events
    await client.sessions.cancel(session.id)
    assert (await client.sessions.get(session.id)).status == "idle"


run(cancel)
