"""Everything that the SDK lists and gets."""

from common import run
from everruns_sdk import generate_agent_id


async def lists(client):
    own = generate_agent_id()
    await client.agents.apply(own, "first", "One.", tags=["a"], description="The first of them")
    again = await client.agents.apply(own, "first", "Two.")
    assert again.id == own and again.system_prompt == "Two.", again
    named = await client.agents.apply_by_name("first", "Three.")
    assert named.id == own and named.system_prompt == "Three.", named
    await client.agents.create("second", "x", harness_name="generic", parallel_tool_calls=False)
    assert [agent.name for agent in await client.agents.list(search="second")] == ["second"]
    assert [agent.name for agent in await client.agents.list()][:2] == ["second", "first"]
    sessions = [await client.sessions.create(agent_name="first", title=f"Order {n}", tags=["t"]) for n in range(3)]
    listed = await client.sessions.list(agent_id=own)
    assert [session.id for session in listed] == [session.id for session in reversed(sessions)], listed
    assert [session.title for session in await client.sessions.list(search="order%201")] == ["Order 1"]
    models = await client.models.list()
    assert "echo" in [model.model_id for model in models], models
    assert (await client.models.get(models[0].id)).model_id == models[0].model_id
    chosen = await client.sessions.create(model_id=models[0].id, locale="uk-UA")
    assert (chosen.model_id, chosen.locale) == (models[0].id, "uk-UA"), chosen
    [harness] = await client.harnesses.list()
    assert harness.id == sessions[0].harness_id and (await client.harnesses.get("generic")).id == harness.id
    assert [found.name for found in await client.harnesses.search("gen")] == ["generic"]
    assert await client.capabilities.list() == []
    session = sessions[0].id
    await client.messages.create(session, "Hello")
    async for event in client.events.stream(session):
        if event.type == "turn.completed":
            break
    events = await client.events.list(session)
    assert events[-1].type == "session.idled" and events[-1].sequence is None, events
    assert [event.sequence for event in events[:-1]] == list(range(1, len(events))), events
    # What has no sequence is not counted.
    assert [event.id for event in await client.events.list(session, limit=2)] == [event.id for event in events[-3:]]
    later = await client.events.list(session, since_id=events[1].id, types=["turn.completed"])
    assert [event.type for event in later] == ["turn.completed"], later
    assert await client.events.list(session, after_sequence=len(events) - 1) == []
    exported = await client.sessions.export(session)
    assert len(exported.splitlines()) == 2, exported


run(lists)
