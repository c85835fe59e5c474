"""Settings that no framework has, as fields of its pydantic models.

Owns: `ModelFields`, which keyword is kept in which field, a fast copy, and what pydantic refuses.
May know: endpoints, errors; pydantic. It stands beside `Instance`, not in it, because whoever asks
without a framework does not need pydantic.
"""

# No annotations as text, of which pydantic compiles each.
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kimi_core.errors import setting_error

if TYPE_CHECKING:
    from kimi_core.endpoints import Endpoint

    EndpointLike = str | Endpoint
else:
    # pydantic would build a schema of Endpoint from its annotations; get_endpoint checks it.
    EndpointLike = Any

__all__ = ["ModelFields", "copied", "copies", "fields_by_word", "in_one_sentence"]

_Model = TypeVar("_Model", bound=BaseModel)


@cache
def fields_by_word(kind: type[BaseModel]) -> dict[str, str]:
    """Return the field that each keyword is kept in: LangChain's ``base_url`` has another name."""
    named = {name: name for name in kind.model_fields}
    return named | {item.alias: name for name, item in kind.model_fields.items() if item.alias}


@contextmanager
def in_one_sentence() -> Generator[None, None, None]:
    """Say what pydantic refuses as one sentence: it wraps every ValueError, and shows the value."""
    try:
        yield
    except ValidationError as error:
        raise setting_error(error) from None


# The four slots of every model. What a slot is set by is called itself, which takes half of the
# time of object.__setattr__: the two objects of a chunk in LangChain take 1.9 microseconds
# instead of 2.6.
_SLOTS = _SET_DICT, _SET_FIELDS, _SET_EXTRA, _SET_PRIVATE = tuple(
    vars(BaseModel)[slot].__set__
    for slot in (
        "__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__",
    )
)  # fmt: skip


def copied(template: _Model, **changed: Any) -> _Model:  # noqa: ANN401 - values of any field
    """Return a copy with other values, as ``model_copy`` does, in a fraction of its time.

    Constructing would validate what was built a line ago, and takes as long as all the rest of a
    chunk. Every field that can be changed in place has to be among those that are given.
    """
    copy: _Model = _new(template.__class__)
    _SET_DICT(copy, template.__dict__ | changed)
    _SET_FIELDS(copy, set(changed))
    _SET_EXTRA(copy, None if template.__pydantic_extra__ is None else {})
    _SET_PRIVATE(copy, None)
    return copy


def copies(template: _Model) -> Callable[..., _Model]:
    """Return a function that makes many copies of one model, as `copied` does.

    Args:
        template: What they are copies of; never changed from then on.
    """
    kind, values, extra, new = type(template), template.__dict__, template.__pydantic_extra__, _new
    # Closed over: looked up for each copy, they take as long as its dict.
    set_dict, set_fields, set_extra, set_private = _SLOTS

    def copy(**changed: Any) -> _Model:  # noqa: ANN401 - as above
        made: _Model = new(kind)
        set_dict(made, values | changed)
        set_fields(made, set(changed))
        set_extra(made, None if extra is None else {})
        set_private(made, None)
        return made

    return copy


_new: Any = object.__new__


class ModelFields(BaseModel):
    """Fields of both ``ChatKimiK2``; stands before the framework's class among the bases.

    `kimi_core.chat.Settings` and `kimi_core.request.Options` say what they mean. What may hold a
    secret, or cannot be written down, is left out of dumps.

    pydantic makes the validator of a class when it is first used: it took a third of the import of
    an adapter, for classes between that are never constructed and for one that may not be.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(defer_build=True)

    endpoint: EndpointLike | None = Field(default=None, description="A preset, or an Endpoint.")
    base_model: str | None = Field(default=None, description="The model whose facts apply.")
    context_window: int | None = Field(default=None, description="Tokens.")
    api: str | None = Field(default=None, description="chat or completions.")
    tool_call_parser: str | None = Field(default=None, description="auto, server or client.")
    prefix: str | None = Field(default=None, description="Text that answers begin with.")
    thinking: bool | None = Field(default=None, description="None: the model's default.")
    keep_thinking: bool | None = Field(default=None, description="Earlier turns' reasoning too.")
    tool_call_policy: str | None = Field(default=None, description="repair, strict or off.")
    tool_call_retries: int | None = Field(default=None, description="0 to 3; None is 1.")
    coalesce: float | None = Field(
        default=None, description="Seconds between two chunks of a stream; None: each as it comes."
    )
    prompt_cache_key: str | None = Field(default=None, description="Id of the session.")
    safety_identifier: str | None = Field(default=None, description="The end user, hashed.")
    provider: dict[str, Any] | None = Field(default=None, description="OpenRouter's routing.")
    files: str | None = Field(default=None, description="extract: Moonshot reads documents.")
    unsupported: str | None = Field(default=None, description="error, warn or drop.")
    total_timeout: float | None = Field(
        default=None, description="Seconds for a whole request, retries included."
    )
    rate_limit: Any = Field(
        default=None, description="What the account may ask: a Tier, or one of Moonshot's by number"
    )
    tokenizer: Any = Field(
        default=None,
        exclude=True,
        repr=False,
        description="A Tokenizer, or the path of a tiktoken.model; without one counts may be "
        "estimates.",
    )
    media_fetcher: Any = Field(
        default=None,
        exclude=True,
        repr=False,
        description="From URL to bytes, for pictures and videos, which Moonshot does not fetch.",
    )
    media_folder: Any = Field(
        default=None,
        exclude=True,
        repr=False,
        description="Where files that a message names may be read.",
    )
    default_headers: Mapping[str, str] | None = Field(default=None, exclude=True, repr=False)
    default_query: Mapping[str, object] | None = Field(default=None, exclude=True, repr=False)
