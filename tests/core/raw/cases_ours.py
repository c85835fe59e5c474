"""Where this parser decides otherwise than the source of a third-party case, and why.

Owns: the deviations, by the case's name: the reason with the row of the table of edge cases, and
what is expected here instead. Everything else of the case still has to hold.
"""

from __future__ import annotations

from typing import Any

__all__ = ["DEVIATIONS"]

_AFTER = "row 17: text after a section is kept and flagged"
_CUT = "row 50: a call that was cut off is emitted as incomplete"
_FLAG = "row 74: a call that was cut off is emitted as incomplete"
_COERCE = "row 54: no coercion to the schema"
_BLOCK = "row 78: a block that is no object is kept raw, with a diagnostic"
_ORDINAL = "row 81: the index attribute is ignored, the ordinal counts"
_BLANK = "row 29: blanks are kept verbatim"
_TEXT = "what does not become a call of a declared tool stays text, its markers too"
_NAMELESS = "row 38: a call whose name is ambiguous never vanishes"

DEVIATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "invalid_funcall_id_without_colon_index_dropped": (
        "row 36: an id without a number is accepted",
        {"names": ["invalid_get_weather.0", "valid_get_weather"]},
    ),
    "coerce_integer": (_COERCE, {"arguments": ['{"v":"3"}']}),
    "coerce_boolean": (_COERCE, {"arguments": ['{"v":"true"}']}),
    "coerce_nested_field": (_COERCE, {"arguments": ['{"inner":{"n":"7"},"loc":"NYC"}']}),
    "coerce_parallel": (_COERCE, {"arguments": ['{"count":"3"}', '{"count":"7"}']}),
    "raw_json_arguments_verbatim_and_trailing_text_dropped": (
        _AFTER,
        {"content": "Checking.  trailing text"},
    ),
    "accepts_non_functions_header_prefix": (
        "row 33: only functions. is a prefix; row 41: the index is dense",
        {"names": ["api.tools.search"]},
    ),
    "orphan_section_end_stripped": (
        _TEXT,
        {"content": "normal text<|tool_calls_section_end|>"},
    ),
    "orphan_argument_begin_stripped": (
        _TEXT,
        {"content": "text<|tool_call_argument_begin|>more"},
    ),
    "orphan_call_end_outside_section_stripped": (
        _TEXT,
        {"content": "Here you go.<|tool_call_end|>All set."},
    ),
    "orphan_argument_begin_outside_section_stripped": (
        _TEXT,
        {"content": "Here you go.<|tool_call_argument_begin|>All set."},
    ),
    "call_uuid_header_is_dropped_by_vllm": (_NAMELESS, {"names": ["call_6f0d"]}),
    "invalid_function_id_2": (_NAMELESS, {"names": [":::0"]}),
    "keeps_prefix_drops_post_tool_text": (
        _AFTER,
        {"content": "I'll help you with that.  Let me check."},
    ),
    "prefix_only_ignores_post_whitespace": (_AFTER, {"content": "I'll check the weather.    "}),
    "parallel_with_surrounding_text": (_AFTER, {"content": "I will check both.  Done."}),
    "drops_post_text_without_prefix": (_AFTER, {"content": " Let me check."}),
    "multiple_sections_drop_inter_text": (
        "row 18: text between two sections is kept",
        {"content": "First check Dallas.  Then check NYC. "},
    ),
    "truncated_mid_argument_no_section_end": (_CUT, {"arguments": ['{"location":"NY']}),
    "truncated_call_at_eof_suppressed": (_CUT, {"arguments": ['{"location":"NY']}),
    "5.c truncated mid-arguments (non-streaming)": (_CUT, {"arguments": ['{"loc']}),
    "5.d last call missing only call_end": (
        "row 51: a whole JSON value is kept",
        {"arguments": ['{"location":"Boston"}', '{"location":"New York"}']},
    ),
    "5.e last call truncated mid-value": (
        _CUT,
        {"arguments": ['{"location":"Boston"}', '{"location":"New York']},
    ),
    "finish_fails_incomplete_tool_call": (_CUT, {"arguments": ['{"location"']}),
    "middle_call_missing_end": (
        "row 12: a marker behind a whole JSON value ends the call",
        {"arguments": ['{"x":"1"}', '{"y":"2"}', '{"z":"3"}']},
    ),
    "empty_or_whitespace_2": (_BLANK, {"content": "\n"}),
    "empty_or_whitespace_3": (_BLANK, {"content": "\t\n  \t"}),
    "truncated_tools_section_dropped": (
        _TEXT,
        {"content": '<|open|>tools<|sep|><|open|>call tool="python" index="1"<|sep|>'},
    ),
    "complete_call_survives_truncated_later": (
        _FLAG,
        {"arguments": ['{"x":1}', '{"x":"unfinished']},
    ),
    "ordered_channels_typed_args_ids": (_ORDINAL, {"ids": ["weather:0", "second:1"]}),
    "id_from_index/-2": (_ORDINAL, {"ids": ["weather:0"]}),
    "id_from_index/-9223372036854775808": (_ORDINAL, {"ids": ["weather:0"]}),
    "malformed_first_call_resync": (_ORDINAL, {"ids": ["good:0"]}),
    "json_block_must_be_object/0": (_BLOCK, {"arguments": ["{", '{"x":7}']}),
    "json_block_must_be_object/3": (_BLOCK, {"arguments": ["[]", '{"x":7}']}),
    "json_block_must_be_object/4": (_BLOCK, {"arguments": ["null", '{"x":7}']}),
}
