"""Structured answers: one pydantic object per question, whole or as it grows.

Owns: how an object is asked for (a JSON schema, or a forced tool), and how it is read.
May know: its own files, events, request, response; llama_index, pydantic.

LlamaIndex's own programs always force a tool, which thinking models refuse, forget the system
prompt in async, show no string before its closing quote, and build a new class for every chunk.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.instrumentation import get_dispatcher  # type: ignore[attr-defined]  # documented there
from llama_index.core.instrumentation.events import llm as events
from llama_index.core.program.function_program import get_function_tool
from llama_index.core.program.utils import FlexibleModel, create_flexible_model
from llama_index.core.prompts import PromptTemplate
from llama_index.core.types import PydanticProgramMode
from pydantic import BaseModel, ValidationError

from kimi_core.events.arguments import read_growing
from kimi_core.request import CallOptions, schema_format
from kimi_core.response import answer_error, json_text, read_object
from llama_index_kimi._base import KimiBase
from llama_index_kimi._messages import calls_of, spoken, wire_tools
from llama_index_kimi._responses import is_growing

__all__ = ["StructuredPrediction"]

Model = TypeVar("Model", bound=BaseModel)

_dispatcher = get_dispatcher(__name__)
_OURS = {PydanticProgramMode.DEFAULT, PydanticProgramMode.FUNCTION}
# What a program of LlamaIndex decides by itself, whatever the caller passes on.
_DECIDED_HERE = ("tool_required", "tool_choice", "allow_parallel_tool_calls")


@dataclass
class _Question(Generic[Model]):
    """What is asked, and how its answer is read."""

    output_cls: type[Model]
    messages: list[ChatMessage]
    options: dict[str, Any]
    by_tool: bool
    _flexible: type[FlexibleModel] | None = field(default=None, init=False)

    def whole(self, response: ChatResponse) -> Model:
        """Return the object, or raise what `StructuredPrediction.structured_predict` says."""
        name = self.output_cls.__name__
        said, message = spoken(response.message), response.message
        error = answer_error(
            said, response.raw, wanted=name, as_json=not self.by_tool, message=message
        )
        if error is not None:
            raise error
        return read_object(self._text(response), self.output_cls.model_validate_json, name)

    def read(self, response: ChatResponse) -> Model | FlexibleModel | None:
        """Return as much of the object as is there, or None where nothing is.

        Until it fits the class it is a `FlexibleModel` with the same fields, as in LlamaIndex.
        """
        if not is_growing(response):
            return self.whole(response)
        data = read_growing(self._text(response, growing=True))
        if not data:
            return None
        try:
            return self.output_cls.model_validate(data)
        except ValidationError:
            if self._flexible is None:
                self._flexible = create_flexible_model(self.output_cls)
            return self._flexible.model_validate(data)

    def _text(self, response: ChatResponse, *, growing: bool = False) -> str:
        calls = calls_of(response.message) if self.by_tool else ()
        content = response.message.content or ""
        return str(calls[0][2]) if calls else json_text(content, growing=growing)


class StructuredPrediction(KimiBase):
    """The structured-prediction methods of `llama_index_kimi.ChatKimiK2`."""

    def structured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Model:
        """Return the answer to a prompt as an object.

        Args:
            output_cls: The pydantic class of the object.
            prompt: A prompt template.
            llm_kwargs: Settings of this call, as for ``chat``.
            **prompt_args: The template's variables.

        Raises:
            ValidationError: Where the answer does not fit the class.
            ValueError: Where there is no object in the answer.
            KimiIncompleteAnswerError: Where the answer was cut or filtered.
        """
        if self.pydantic_program_mode not in _OURS:
            theirs = super().structured_predict(output_cls, prompt, llm_kwargs, **prompt_args)
            return cast("Model", theirs)
        _announce(output_cls, prompt, prompt_args)
        question = self._question(output_cls, prompt, llm_kwargs, prompt_args)
        return _announced(question.whole(self.chat(question.messages, **question.options)))

    async def astructured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Model:
        """Return the answer to a prompt as an object; see `structured_predict`."""
        if self.pydantic_program_mode not in _OURS:
            theirs = super().astructured_predict(output_cls, prompt, llm_kwargs, **prompt_args)
            return cast("Model", await theirs)
        _announce(output_cls, prompt, prompt_args)
        question = self._question(output_cls, prompt, llm_kwargs, prompt_args)
        return _announced(question.whole(await self.achat(question.messages, **question.options)))

    def _structured_stream_call(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Generator[Any, None, None]:
        if self.pydantic_program_mode not in _OURS:
            return super()._structured_stream_call(output_cls, prompt, llm_kwargs, **prompt_args)
        question = self._question(output_cls, prompt, llm_kwargs, prompt_args)
        responses = self.stream_chat(question.messages, **question.options)
        return (it for response in responses if (it := question.read(response)) is not None)

    async def _structured_astream_call(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> AsyncGenerator[Any, None]:
        if self.pydantic_program_mode not in _OURS:
            theirs = super()._structured_astream_call(output_cls, prompt, llm_kwargs, **prompt_args)
            return await theirs
        question = self._question(output_cls, prompt, llm_kwargs, prompt_args)
        responses = await self.astream_chat(question.messages, **question.options)
        return (it async for response in responses if (it := question.read(response)) is not None)

    def _question(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: Mapping[str, Any] | None,
        prompt_args: Mapping[str, Any],
    ) -> _Question[Model]:
        messages = self._extend_messages(prompt.format_messages(llm=self, **prompt_args))
        options = {k: v for k, v in (llm_kwargs or {}).items() if k not in _DECIDED_HERE}
        method = self._chat.structured_output_method(CallOptions.read(self._said(), options))
        forced = self.pydantic_program_mode is PydanticProgramMode.FUNCTION
        by_tool = forced or method == "function_calling"
        if by_tool:
            tools = wire_tools([get_function_tool(output_cls)])
            options.update(tools=tools, tool_choice=tools[0]["function"]["name"])
            options["allow_parallel_tool_calls"] = False
        else:
            options["response_format"] = schema_format(output_cls)
        return _Question(output_cls, messages, options, by_tool)


def _announce(output_cls: type[BaseModel], prompt: PromptTemplate, values: dict[str, Any]) -> None:
    begun = events.LLMStructuredPredictStartEvent
    _dispatcher.event(begun(output_cls=output_cls, template=prompt, template_args=values))


def _announced(result: Model) -> Model:
    _dispatcher.event(events.LLMStructuredPredictEndEvent(output=result))
    return result
