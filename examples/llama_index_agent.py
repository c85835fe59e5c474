"""An agent of LlamaIndex, with its events as they happen.

Needs: pip install "kimi-k2-integrations[llama-index]", and MOONSHOT_API_KEY.
"""

import asyncio

from llama_index.core.agent.workflow import AgentStream, FunctionAgent, ToolCallResult

from llama_index_kimi import ChatKimiK2

DEPTHS = {"Elbe": 15, "Weser": 11}


def depth_of(river: str) -> int:
    """Get the depth of a river's fairway in metres."""
    return DEPTHS[river]


async def main() -> None:
    """Ask, show what happens, and print the answer."""
    async with ChatKimiK2() as llm:
        agent = FunctionAgent(
            tools=[depth_of],
            llm=llm,
            system_prompt="Look depths up, never guess.",
        )
        run = agent.run("May a ship of 13 metres enter the Elbe?")
        async for event in run.stream_events():
            if isinstance(event, ToolCallResult):
                print(f"{event.tool_name}({event.tool_kwargs}) = {event.tool_output}")
            elif isinstance(event, AgentStream):
                print(event.delta, end="", flush=True)
        print(f"\n\n{await run}")


asyncio.run(main())
