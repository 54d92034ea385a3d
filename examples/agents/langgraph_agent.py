"""A graph of LangGraph behind Threadline: `pip install langgraph`, beside agent.py. Replace the node `model` by your own.

    THREADLINE_URL=http://127.0.0.1:7400 THREADLINE_KEY=tl_... python3 langgraph_agent.py
"""
from langchain_core.messages import AIMessage, convert_to_messages
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

import agent


@tool
def count_words(text: str) -> int:
    """The number of words."""
    return len(text.split())


def model(state: MessagesState):
    """Stands for a chat model, as `init_chat_model("...").bind_tools([count_words]).invoke(state["messages"])` asks one."""
    last = state["messages"][-1]
    if last.type == "human":
        call = {"id": "call-1", "name": "count_words", "args": {"text": str(last.content)}}
        return {"messages": [AIMessage("", tool_calls=[call])]}
    return {"messages": [AIMessage(f"Words: {last.content}")]}


builder = StateGraph(MessagesState)
builder.add_node("model", model)
builder.add_node("tools", ToolNode([count_words]))
builder.add_edge(START, "model")
builder.add_conditional_edges("model", tools_condition)
builder.add_edge("tools", "model")
# Without a checkpointer: the thread is in Threadline, and its transcript is the state.
graph = builder.compile()


def answer(messages, tell):
    """Tells each step of the graph when it ends: a call before its tool runs, and the result before the next step."""
    last = ""
    for update in graph.stream({"messages": convert_to_messages(messages)}, stream_mode="updates"):
        for message in (message for node in update.values() for message in node["messages"]):
            last = str(message.text)
            if message.type == "tool":
                tell(results=[{"tool_call_id": message.tool_call_id, "result": last}])
            elif message.tool_calls:
                said = [{"type": "text", "text": last}] if last else []
                calls = [{"type": "tool_call", "id": c["id"], "name": c["name"], "arguments": c["args"]} for c in message.tool_calls]
                tell(messages=[{"content": said + calls}])
            else:
                tell(deltas=[{"text": last}])
    return last


agent.run(answer)
