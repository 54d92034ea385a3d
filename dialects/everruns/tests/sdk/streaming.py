"""A stream whose connection breaks twice in the middle of a message: the SDK comes back with the id of the last piece of text
that it saw, and sees each event once."""

from common import run


async def streaming(client):
    session = await client.sessions.create(agent_name="storyteller")
    await client.messages.create(session.id, "Tell me a story")
    stream = client.events.stream(session.id)
    ids, pieces, whole, accumulated = [], [], None, ""
    async for event in stream:
        ids.append(event.id)
        if event.type == "output.message.delta":
            pieces.append(event.data["delta"])
            accumulated += event.data["delta"]
            assert event.data["accumulated"] == accumulated, (event.data, accumulated)
        if event.type == "output.message.completed":
            whole = event.data["message"]["content"][0]["text"]
        if event.type == "turn.completed":
            break
    stream.stop()
    await stream.aclose()
    assert len(set(ids)) == len(ids), "an event came twice"
    assert len(pieces) > 3, pieces
    # A piece that came in together with the end is only in the whole.
    assert whole.startswith(accumulated) and len(whole) > 0, (whole, accumulated)
    # The stream was left at the turn's end, before what follows from it.
    listed = [event.id for event in await client.events.list(session.id) if event.type != "session.idled"]
    assert [event_id for event_id in ids if event_id in listed] == listed[1:], "an entry is missing or out of order"
    # Each id can be resumed from, also that of a piece of text.
    for position, event_id in enumerate(ids[:-1]):
        again = client.events.stream(session.id, since_id=event_id)
        async for event in again:
            if event.type == "output.message.delta":
                continue
            following = [later for later in ids[position + 1 :] if later in listed or later == event.id]
            assert event.id == following[0], (event_id, event.id)
            break
        again.stop()
        await again.aclose()


run(streaming)
