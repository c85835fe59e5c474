"""Reasoning and answer as they come, and the whole message at the end.

Needs: pip install "kimi-k2-integrations[langchain]", and MOONSHOT_API_KEY.
"""

from langchain_core.messages import AIMessageChunk

from langchain_kimi import ChatKimiK2

GREY, PLAIN = "\033[90m", "\033[0m"

llm = ChatKimiK2(reasoning_effort="low")  # "low", "high" or "max"

whole: AIMessageChunk | None = None
for chunk in llm.stream("Which is heavier, a litre of oil or a litre of water?"):
    thought = chunk.additional_kwargs.get("reasoning_content", "")
    print(f"{GREY}{thought}{PLAIN}" if thought else chunk.text, end="", flush=True)
    whole = chunk if whole is None else whole + chunk

if whole is not None and whole.usage_metadata:
    details = whole.usage_metadata.get("output_token_details", {})
    print(f"\n{details.get('reasoning', 0)} of them went into reasoning:", end=" ")
    print(f"{whole.usage_metadata['output_tokens']} tokens came")
