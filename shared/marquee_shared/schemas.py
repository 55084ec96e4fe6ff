"""Bases for request and response bodies."""

import unicodedata
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, field_validator

NUL = b"\\u0000"
"""As JSON writes it; a backslash before it makes it other text, so what is found is looked at."""
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


def _refuse_nul(value: Any) -> None:
    """Search a parsed JSON value; PostgreSQL's text cannot hold NUL, so no request may."""
    try:
        if NUL not in orjson.dumps(value):
            return
    except TypeError:  # what orjson does not write, such as a lone surrogate, is walked
        pass
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            if "\x00" in item:
                message = "text must not contain the NUL character"
                raise ValueError(message)
        elif isinstance(item, dict):
            stack.extend(item.keys())
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


class RequestModel(BaseModel):
    """A request body: unknown fields are refused, and so is NUL anywhere."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _no_nul(cls, value: Any) -> Any:
        _refuse_nul(value)
        return value


class ResponseModel(BaseModel):
    """A response body, read from ORM objects or plain ones."""

    model_config = ConfigDict(from_attributes=True)


def _one_line(value: str) -> str:
    value = unicodedata.normalize("NFC", value)
    if any(c in BIDI_CONTROLS or unicodedata.category(c) == "Cc" for c in value):
        message = "control characters are not allowed here"
        raise ValueError(message)
    return value


Line = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_one_line)]
"""One line of text as people type it: trimmed, NFC, no control or bidi-control characters."""


BIDI_OVERRIDES = BIDI_CONTROLS - frozenset("\u200e\u200f")
"""Controls that reorder the text after them; the plain marks are part of how people write."""


def _many_lines(value: str) -> str:
    value = unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n")
    if any(
        c in BIDI_OVERRIDES or (unicodedata.category(c) == "Cc" and c not in "\n\t") for c in value
    ):
        message = "control characters are not allowed here"
        raise ValueError(message)
    return value


Lines = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_many_lines)]
"""Text of several lines: trimmed, NFC, lines ended by LF, no control characters but tabs and no
bidi overrides or embeddings."""
