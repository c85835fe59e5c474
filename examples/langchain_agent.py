"""An agent of LangChain, with its steps as they happen.

Needs: pip install "kimi-k2-integrations[langchain]" langchain, and MOONSHOT_API_KEY.
"""

from langchain.agents import create_agent

from langchain_kimi import ChatKimiK2

CARGO = {"Aurora": 1_200, "Borealis": 860}


def cargo_of(ship: str) -> int:
    """Get the cargo of a ship in tonnes."""
    return CARGO.get(ship, 0)


def berth_for(tonnes: int) -> str:
    """Find a free berth for so many tonnes."""
    return "berth 7" if tonnes > 1_000 else "berth 2"


agent = create_agent(
    ChatKimiK2(),
    tools=[cargo_of, berth_for],
    system_prompt="You are the harbour master. Look things up, never guess.",
)

question = {"messages": [{"role": "user", "content": "Where does the Aurora berth?"}]}
for step in agent.stream(question, stream_mode="updates"):
    for node, update in step.items():
        for message in update["messages"]:
            calls = getattr(message, "tool_calls", [])
            called = ", ".join(f"{call['name']}({call['args']})" for call in calls)
            print(f"{node}: {called or message.text}")
