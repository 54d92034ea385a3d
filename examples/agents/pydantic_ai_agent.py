"""An agent of Pydantic AI behind Threadline: `pip install pydantic-ai-slim`, beside agent.py. Replace the model by your own.

    THREADLINE_URL=http://127.0.0.1:7400 THREADLINE_KEY=tl_... python3 pydantic_ai_agent.py
"""
import asyncio, json

from pydantic_ai import Agent
from pydantic_ai.messages import (
    ModelRequest, ModelResponse, PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta, ToolCallPart, ToolReturnPart, UserPromptPart
)
from pydantic_ai.models.function import DeltaToolCall, FunctionModel

import agent as threadline


async def model(messages, info):
    """Stands for a model: a name such as "openai:gpt-5.4" in place of FunctionModel(...) asks one."""
    last = messages[-1].parts[-1]
    if isinstance(last, UserPromptPart):
        yield {0: DeltaToolCall(name="count_words", json_args=json.dumps({"text": last.content}), tool_call_id="call-1")}
    else:
        for piece in ("Words: ", str(last.content)):
            yield piece


agent = Agent(FunctionModel(stream_function=model))


@agent.tool_plain
def count_words(text: str) -> int:
    """The number of words."""
    return len(text.split())


def history(messages):
    """Messages of Chat Completions as Pydantic AI's."""
    names = {}
    for message in messages:
        if message["role"] == "user":
            yield ModelRequest([UserPromptPart(message["content"])])
        elif message["role"] == "tool":
            call = message["tool_call_id"]
            yield ModelRequest([ToolReturnPart(tool_name=names[call], content=message["content"], tool_call_id=call)])
        else:
            calls = [(call["id"], call["function"]) for call in message.get("tool_calls", ())]
            names.update((id, function["name"]) for id, function in calls)
            said = [TextPart(message["content"])] if message["content"] else []
            yield ModelResponse(said + [ToolCallPart(f["name"], f["arguments"], tool_call_id=id) for id, f in calls])


async def run(messages, tell):
    """Tells each step of the agent: text as it comes, a call before its tool runs, and the result before the next step."""
    async with agent.iter(message_history=list(history(messages))) as steps:
        has_called = False
        async for step in steps:
            if Agent.is_model_request_node(step):
                if has_called:
                    returned = [part for part in step.request.parts if isinstance(part, ToolReturnPart)]
                    tell(results=[{"tool_call_id": part.tool_call_id, "result": part.content} for part in returned])
                async with step.stream(steps.ctx) as events:
                    async for event in events:
                        if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
                            tell(deltas=[{"text": event.part.content}])
                        elif isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
                            tell(deltas=[{"text": event.delta.content_delta}])
            elif Agent.is_call_tools_node(step) and step.model_response.tool_calls:
                has_called, said = True, step.model_response.text
                content = [{"type": "text", "text": said}] if said else []
                for call in step.model_response.tool_calls:
                    name, arguments = call.tool_name, call.args_as_dict()
                    content.append({"type": "tool_call", "id": call.tool_call_id, "name": name, "arguments": arguments})
                tell(messages=[{"content": content}])
    return steps.result.output


threadline.run(lambda messages, tell: asyncio.run(run(messages, tell)))
