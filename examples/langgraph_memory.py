"""An agent that remembers the conversation, and asks a person before it acts.

Needs: pip install "kimi-k2-integrations[langchain]" langchain, and MOONSHOT_API_KEY.

The memory is LangGraph's checkpointer: reasoning and tool calls are kept with the messages and go
back to the model as it wrote them, so that its prefix cache hits.
"""

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from langchain_kimi import ChatKimiK2


def open_lock(number: int) -> str:
    """Open a lock of the canal."""
    return f"lock {number} is open"


agent = create_agent(
    ChatKimiK2(),
    tools=[open_lock],
    middleware=[HumanInTheLoopMiddleware(interrupt_on={"open_lock": True})],
    checkpointer=InMemorySaver(),
)
thread = {"configurable": {"thread_id": "canal-1"}}


def say(text: str) -> None:
    """Say something, and let a person decide about each call."""
    state = agent.invoke({"messages": [{"role": "user", "content": text}]}, thread)
    while interrupts := state.get("__interrupt__"):
        actions = interrupts[0].value["action_requests"]
        for action in actions:
            print(f"May I {action['name']}({action['args']})? yes")
        decisions = [{"type": "approve"} for _action in actions]
        state = agent.invoke(Command(resume={"decisions": decisions}), thread)
    print(state["messages"][-1].text)


say("Open lock 4.")
say("Which lock did you open?")
