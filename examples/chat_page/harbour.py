"""The agent that the page asks: Kimi, a search, and what was said before."""

from langchain.agents import create_agent
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from langchain_kimi import ChatKimiK2

RULES = 'Search, then answer. Quote the words you rely on, and number their source: "..." [1].'
LIBRARY = ["At spring tide the current runs at six knots.", "Long ships pass at slack water."]


@tool(response_format="content_and_artifact")
def search(words: str) -> tuple[str, list[str]]:  # noqa: ARG001 - all that there is, is found
    """Search the harbour's rules; each has a number."""
    return "\n".join(f"[{number}] {text}" for number, text in enumerate(LIBRARY, 1)), LIBRARY


agent = create_agent(ChatKimiK2(), [search], system_prompt=RULES, checkpointer=InMemorySaver())
