"""What is wrong with a field is told in the caller's language."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from marquee_shared.field_words import WORDS, describe


class Kind(StrEnum):
    LIKE = "like"
    SEEN = "seen"


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str


PROVOKED: list[tuple[str, Any, Any]] = [
    ("missing", Note, {}),
    ("extra_forbidden", Note, {"text": "a", "more": 1}),
    ("string_type", str, 1),
    ("string_too_short", Annotated[str, Field(min_length=3)], "ab"),
    ("string_too_long", Annotated[str, Field(max_length=3)], "abcd"),
    ("string_pattern_mismatch", Annotated[str, Field(pattern="^a")], "b"),
    ("too_short", Annotated[list[int], Field(min_length=2)], [1]),
    ("too_long", Annotated[list[int], Field(max_length=1)], [1, 2]),
    ("list_type", list[int], 1),
    ("greater_than_equal", Annotated[int, Field(ge=1)], 0),
    ("greater_than", Annotated[int, Field(gt=1)], 1),
    ("less_than_equal", Annotated[Decimal, Field(le=5)], 6),
    ("less_than", Annotated[int, Field(lt=5)], 5),
    ("multiple_of", Annotated[float, Field(multiple_of=0.5)], 0.7),
    ("uuid_parsing", UUID, "x"),
    ("int_type", int, None),
    ("int_parsing", int, "x"),
    ("int_from_float", int, 1.5),
    ("float_type", float, None),
    ("float_parsing", float, "x"),
    ("decimal_type", Decimal, None),
    ("decimal_parsing", Decimal, "x"),
    ("bool_type", bool, None),
    ("bool_parsing", bool, "x"),
    ("date_type", date, None),
    ("date_from_datetime_parsing", date, "x"),
    ("date_from_datetime_inexact", date, "2020-01-01T01:00:00Z"),
    ("datetime_type", datetime, None),
    ("datetime_from_date_parsing", datetime, "x"),
    ("timezone_aware", AwareDatetime, "2020-01-01T00:00:00"),
    ("model_type", Note, "x"),
    ("dict_type", dict[str, int], 1),
    ("enum", Kind, "hate"),
    ("literal_error", Literal["day", "week"], "year"),
]


def provoke(kind: Any, value: Any) -> Any:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(kind).validate_python(value)
    return raised.value.errors()[0]


@pytest.mark.parametrize(("name", "kind", "value"), PROVOKED, ids=[each[0] for each in PROVOKED])
def test_each_complaint_has_words_that_fit_it(name: str, kind: Any, value: Any) -> None:
    error = provoke(kind, value)
    assert error["type"] == name
    told = {language: describe(error, language) for language in ("en", "es", "fr", "de")}
    assert len(set(told.values())) == 4
    assert not any("{" in text for text in told.values())


def test_nothing_has_words_that_nothing_provokes() -> None:
    by_json = {"date_parsing", "datetime_parsing", "model_attributes_type"}
    assert set(WORDS) - by_json == {name for name, _, _ in PROVOKED}
    assert all(set(words) == {"es", "fr", "de"} for words in WORDS.values())


def test_choices_are_joined_in_the_language() -> None:
    assert describe(provoke(Kind, "hate"), "de") == "Muss 'like' oder 'seen' sein."


async def test_a_form_is_refused_in_its_members_language(client: Any) -> None:
    answer = await client.get("/v1/notes?limit=0", headers={"Accept-Language": "de"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["detail"] == "Muss mindestens 1 sein."
