"""A picture, and a PDF whose text Moonshot takes out.

Needs: pip install "kimi-k2-integrations[langchain]", and MOONSHOT_API_KEY.
Run it with two paths: python examples/files.py chart.png report.pdf
"""

import base64
import mimetypes
import sys
from pathlib import Path

from langchain_core.messages import HumanMessage

from kimi_core.platform import KimiClient
from langchain_kimi import ChatKimiK2

picture, document = map(Path, sys.argv[1:3])
llm = ChatKimiK2()

shown = HumanMessage(
    [
        {
            "type": "image",
            "base64": base64.b64encode(picture.read_bytes()).decode(),
            "mime_type": mimetypes.guess_type(picture)[0] or "image/png",
        },
        {"type": "text", "text": "What does this show?"},
    ]
)
print(llm.invoke([shown]).text)

with KimiClient() as client:
    text = client.document(document)  # uploaded, read, and deleted again
print(llm.invoke([text, ("human", "Sum this up in three sentences.")]).text)
