"""An object instead of text, whole and while it grows.

Needs: pip install "kimi-k2-integrations[langchain]", and MOONSHOT_API_KEY.

An answer that was cut raises `KimiIncompleteAnswerError`: half an object is never taken for one.
"""

from pydantic import BaseModel, Field

from langchain_kimi import ChatKimiK2


class Voyage(BaseModel):
    """A voyage by ship."""

    ship: str
    ports: list[str] = Field(description="Ports in the order of calling")
    days: int


TEXT = "The Aurora left Lisbon on a Monday, called at Funchal, and was in Recife eleven days later."

asked = ChatKimiK2().with_structured_output(Voyage)
voyage = asked.invoke(f"Describe the voyage: {TEXT}")
print(voyage)

as_dict = ChatKimiK2().with_structured_output(Voyage.model_json_schema())
for growing in as_dict.stream(f"Describe the voyage: {TEXT}"):
    print(growing)
