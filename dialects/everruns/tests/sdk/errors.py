"""The SDK's exception classes, with the codes that it reads."""

from common import run
from everruns_sdk import ApiError, AuthenticationError, Everruns, NotFoundError

UNKNOWN = "01933b5a0000700080000000000000ff"


async def raises(kind, code, status, call):
    try:
        await call
    except kind as error:
        assert (error.code, error.status_code) == (code, status), error
        assert error.message, error
        return
    raise AssertionError(f"{kind.__name__} was not raised")


async def errors(client):
    await raises(NotFoundError, "session_not_found", 404, client.sessions.get(f"session_{UNKNOWN}"))
    await raises(NotFoundError, "session_not_found", 404, client.messages.create(f"session_{UNKNOWN}", "x"))
    await raises(NotFoundError, "agent_not_found", 404, client.agents.get("nobody"))
    await raises(NotFoundError, "agent_not_found", 404, client.sessions.create(agent_name="nobody"))
    await raises(NotFoundError, "model_not_found", 404, client.models.get(f"model_{UNKNOWN}"))
    await raises(NotFoundError, "not_found", 404, client.budgets.list())
    await raises(ApiError, "invalid_id", 400, client.sessions.get("session_x"))
    await raises(ApiError, "invalid_parameter", 400, client.sessions.create(title=" "))
    await raises(ApiError, "default_agent", 409, client.agents.delete("default"))
    async with Everruns(api_key="evr_pat_wrong") as stranger:
        await raises(AuthenticationError, "unauthorized", 401, stranger.agents.list())


run(errors)
