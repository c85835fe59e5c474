"""A server of the Model Context Protocol with one tool; `mcp_tools.py` starts it.

Needs: pip install mcp.

It knows nothing of Kimi, and could as well be written in another language.
"""

from mcp.server.fastmcp import FastMCP

server = FastMCP("lighthouse", log_level="WARNING")
LIGHTS = {"Eddystone": 10, "Roter Sand": 5}


@server.tool()
def seconds_between_flashes(lighthouse: str) -> int:
    """Get how many seconds pass between two flashes of a lighthouse."""
    return LIGHTS[lighthouse]


if __name__ == "__main__":
    server.run()
