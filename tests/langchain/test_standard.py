"""LangChain's own conformance suites, against the simulated first-party server.

No Kimi model runs here. Each ``supports_*`` and ``has_*`` property that is true of Kimi is on;
beside each one that is off stands its reason.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from langchain_tests.unit_tests import ChatModelUnitTests

from langchain_kimi import ChatKimiK2


class TestUnit(ChatModelUnitTests):
    """Construction, schemas, tracing parameters, serialization."""

    @property
    def chat_model_class(self) -> type[ChatKimiK2]:
        return ChatKimiK2

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "kimi-k2.6", "api_key": "sk-made-up"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return (
            {"MOONSHOT_API_KEY": "sk-made-up"},
            {"model": "kimi-k2.6"},
            {"endpoint": "moonshot"},
        )
