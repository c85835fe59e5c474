"""A chat page: reasoning, calls, the answer and its sources, as they come; page.html reads them.

Needs: pip install "kimi-k2-integrations[langchain]" langchain "fastapi>=0.135" uvicorn, and
MOONSHOT_API_KEY. Run: uvicorn --app-dir examples/chat_page app:app
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import Body, FastAPI
from fastapi.responses import FileResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from harbour import agent
from langchain_core.messages import AIMessageChunk, ToolMessage

from kimi_core import KimiError

app = FastAPI()
Field = Annotated[str, Body()]  # of the JSON that the page posts
app.get("/")(lambda: FileResponse(Path(__file__).with_name("page.html")))


def events(mode: str, news: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - as LangGraph has it
    """Say what a part of the stream is to the page: an event's name and data."""
    if mode == "messages" and isinstance(news[0], AIMessageChunk):
        yield "reasoning", news[0].additional_kwargs.get("reasoning_content")
        yield "text", news[0].text
    for update in news.values() if mode == "updates" else ():
        for message in update["messages"]:
            yield from (("call", call) for call in getattr(message, "tool_calls", ()))
            yield "sources", message.artifact if isinstance(message, ToolMessage) else None


async def answer(text: str, thread: str, told: asyncio.Queue[ServerSentEvent]) -> None:
    """Put the events of an answer into a queue."""
    said, of = {"messages": [("human", text)]}, {"configurable": {"thread_id": thread}}
    try:
        async for mode, news in agent.astream(said, of, stream_mode=["messages", "updates"]):
            for event, data in filter(all, events(mode, news)):  # many chunks say nothing new
                told.put_nowait(ServerSentEvent(event=event, data=data))
    except KimiError as error:  # one sentence, without a key
        told.put_nowait(ServerSentEvent(event="error", data=str(error)))


@app.post("/ask", response_class=EventSourceResponse)
async def ask(text: Field, thread: Field) -> AsyncIterator[ServerSentEvent]:
    """Answer in events; whoever leaves the page ends the request to Kimi, too."""
    told: asyncio.Queue[ServerSentEvent] = asyncio.Queue()
    answering = asyncio.create_task(answer(text, thread, told))
    answering.add_done_callback(lambda _: told.put_nowait(ServerSentEvent(event="end", data="")))
    try:
        while (event := await told.get()).event != "end":
            yield event
        yield event
    finally:
        # In this task Starlette cancels LangGraph's cleaning up, too: langgraph#5682.
        answering.cancel()
