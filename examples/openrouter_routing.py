"""Kimi through OpenRouter: which hosts may answer, and what the answer cost.

Needs: pip install "kimi-k2-integrations[langchain]", and OPENROUTER_API_KEY.
"""

from langchain_kimi import ChatKimiK2

llm = ChatKimiK2(
    endpoint="openrouter",
    model="moonshotai/kimi-k2-thinking",
    provider={
        "order": ["moonshotai", "fireworks"],  # try these first, in this order
        "allow_fallbacks": True,
        "require_parameters": True,  # no host that ignores a field of the request
        "data_collection": "deny",
    },
)

answer = llm.invoke("Name three canals of the Netherlands.")
print(answer.text)
print("cost in US dollars:", answer.response_metadata.get("cost", "not said"))
