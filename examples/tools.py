"""A tool loop by hand: the model calls, we run, it answers.

Needs: pip install "kimi-k2-integrations[langchain]", and MOONSHOT_API_KEY.

A call whose arguments were cut off or damaged is in `invalid_tool_calls`, never in `tool_calls`,
so a loop like this one cannot run it.
"""

from langchain_core.messages import BaseMessage, HumanMessage, ToolMessage

from langchain_kimi import ChatKimiK2

TIDES = {"Brest": ["04:12", "16:35"], "Dover": ["01:03", "13:29"]}


def high_tides(port: str) -> str:
    """Get the times of high tide today.

    Args:
        port: Name of the port, e.g. Brest.
    """
    return ", ".join(TIDES.get(port, [])) or f"no tables for {port}"


llm = ChatKimiK2().bind_tools([high_tides])
messages: list[BaseMessage] = [HumanMessage("When is high tide in Brest today?")]

for _round in range(5):
    answer = llm.invoke(messages)
    messages.append(answer)  # with its reasoning, which the API wants back
    if not answer.tool_calls:
        break
    for call in answer.tool_calls:
        print(f"{call['name']}({call['args']})")
        result = high_tides(**call["args"])
        messages.append(ToolMessage(result, tool_call_id=call["id"] or ""))

print(messages[-1].text)
