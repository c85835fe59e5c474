"""A vLLM that was started without parsers: Kimi's own tokens are written and read here.

Needs: pip install "kimi-k2-integrations[langchain]", and a server:
    vllm serve moonshotai/Kimi-K2-Instruct --trust-remote-code

With `api="completions"` the prompt is rendered here in Kimi's chat template, a grammar makes the
engine's sampler keep to the tools' schemas where a call is forced, and the answer's tokens become
ordinary tool calls.
"""

import os

from langchain_kimi import ChatKimiK2, endpoints

server = endpoints.vllm(
    os.environ.get("VLLM_BASE_URL", "http://localhost:8000/v1"),
    tool_call_parser="client",
    api="completions",
)
llm = ChatKimiK2(endpoint=server, model="kimi-k2-instruct", max_tokens=500)


def book_tug(harbour: str, hour: int) -> str:
    """Book a tug.

    Args:
        harbour: Name of the harbour.
        hour: Hour of the day, 0 to 23.
    """
    return f"a tug is booked in {harbour} at {hour}"


forced = llm.bind_tools([book_tug], tool_choice="any")

answer = forced.invoke("I need a tug in Brest at six in the evening.")
for call in answer.tool_calls:
    print(call["name"], call["args"])
for call in answer.invalid_tool_calls:
    print("not run:", call["error"])
