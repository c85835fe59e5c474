"""An agent with the tools of an MCP server, which is a process beside it.

Needs: pip install "kimi-k2-integrations[langchain]" langchain langchain-mcp-adapters, and
MOONSHOT_API_KEY.

In place of `mcp_server.py` stands the command of your server, or its URL. One session serves the
whole run: without one, each call of a tool would start a server of its own.
"""

import asyncio
import sys
from pathlib import Path

from langchain.agents import create_agent
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools

from langchain_kimi import ChatKimiK2

SERVER = str(Path(__file__).with_name("mcp_server.py"))


async def main() -> None:
    """Ask a question that only the server's tool can answer, and show each step."""
    client = MultiServerMCPClient(
        {"lighthouse": {"transport": "stdio", "command": sys.executable, "args": [SERVER]}}
    )
    async with client.session("lighthouse") as session, ChatKimiK2() as llm:
        agent = create_agent(llm, tools=await load_mcp_tools(session))
        question = {"messages": [{"role": "user", "content": "How slow is the Eddystone?"}]}
        async for step in agent.astream(question, stream_mode="updates"):
            for node, update in step.items():
                for message in update["messages"]:
                    calls = getattr(message, "tool_calls", [])
                    called = ", ".join(f"{call['name']}({call['args']})" for call in calls)
                    print(f"{node}: {called or message.text}")


asyncio.run(main())
