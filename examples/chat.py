"""One question: the answer, what the model thought, and what it cost in tokens.

Needs: pip install "kimi-k2-integrations[langchain]", and MOONSHOT_API_KEY.
"""

from langchain_kimi import ChatKimiK2

llm = ChatKimiK2()  # kimi-k3.1-pro; another one: ChatKimiK2(model="kimi-k2.7-code")

answer = llm.invoke(
    [
        ("system", "You are a ship's pilot. Answer in one sentence."),
        ("human", "Why do lighthouses flash instead of shining steadily?"),
    ]
)

print(answer.text)
for block in answer.content_blocks:
    if block["type"] == "reasoning":
        print(f"\nIt thought: {block['reasoning']}")
if answer.usage_metadata:
    print(f"\n{answer.usage_metadata['total_tokens']} tokens")
