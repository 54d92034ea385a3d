"""A tool that the client runs: the turn waits for its result. A result that nobody asked for is tried again by the SDK and
then refused."""

from common import follow, run, text_of
from everruns_sdk import ApiError
from everruns_sdk.models import ContentPart, ToolDefinition


async def tools(client):
    weather = ToolDefinition(name="get_weather", description="The weather", parameters={"type": "object"})
    session = await client.sessions.create(agent_name="forecaster", tools=[weather])
    assert session.tools[0].name == "get_weather" and session.tools[0].type == "client_side", session.tools
    await client.messages.create(session.id, "How is it in Tokyo?")
    asked = (await follow(client, session.id, "tool.call_requested"))[-1]
    [call] = asked.tool_calls()
    assert (call.name, call.arguments) == ("get_weather", {"city": "Tokyo"}), call
    result = ContentPart(type="tool_result", tool_call_id=call.id, result={"temp_c": 22})
    done = await client.messages.create_tool_results(session.id, [result])
    assert (done.accepted, done.status) == (1, "active"), done
    events = await follow(client, session.id, "turn.completed")
    assert "tool.completed" in [event.type for event in events], events
    messages = await client.messages.list(session.id)
    assert [message.role for message in messages] == ["user", "agent", "tool_result", "agent"], messages
    assert messages[2].content[0].result == {"temp_c": 22}, messages[2]
    assert text_of(messages[3]) == "It is fine", messages[3]
    try:
        await client.messages.create_tool_results(session.id, [result])
        raise AssertionError("a result that nobody waits for was taken")
    except ApiError as error:
        assert error.status_code == 409 and "not waiting for tool results" in error.message, error


run(tools)
