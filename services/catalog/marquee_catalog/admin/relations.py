"""What hangs on a film, as rows of its form: credits, where it can be watched, prizes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette_admin.fields import (
    BaseField,
    BooleanField,
    CollectionField,
    EnumField,
    IntegerField,
    ListField,
    StringField,
)

JOBS: Final = ("director", "writer", "actor")
RELATIONS: Final = ("credits", "platforms", "awards")


def _rows(name: str, *fields: BaseField) -> ListField:
    row = CollectionField(name, fields)
    row.form_template = "fields/form/row.html"
    row.detail_template = "fields/detail/row.html"
    rows = ListField(row)
    rows.exclude_from_list = rows.exclude_from_create = True
    rows.orderable = False
    return rows


def _slug(name: str) -> StringField:
    return StringField(name, placeholder=f"{name}: slug")


def relation_fields() -> Sequence[BaseField]:
    """Return the fields of a film's form for what hangs on it, a row each."""
    return (
        _rows(
            "credits",
            _slug("person"),
            EnumField("job", choices=JOBS, required=True, select2=False),
            StringField("character", placeholder="character"),
        ),
        _rows("platforms", _slug("platform"), StringField("country", placeholder="US")),
        _rows(
            "awards",
            _slug("award"),
            IntegerField("year", min=1900, max=2200, placeholder="year"),
            StringField("category", placeholder="category"),
            BooleanField("won", help_text="won"),
        ),
    )


def from_api(film: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a film in full; credits in the order they are shown in."""
    return {
        "credits": [
            {
                "person": credit["person"]["slug"],
                "job": credit["job"],
                "character": credit["character"] or None,
            }
            for credit in film["credits"]
        ],
        "platforms": [
            {"platform": found["slug"], "country": found["country"]} for found in film["platforms"]
        ],
        "awards": [
            {
                "award": found["slug"],
                "year": found["year"],
                "category": found["category"],
                "won": found["won"],
            }
            for found in film["awards"]
        ],
    }


def to_api(name: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows as the API takes them; an empty row is none, and their order is the order."""
    if name == "credits":
        filled = [row for row in rows if row["person"]]
        return [{**row, "order": order} for order, row in enumerate(filled)]
    which = name.removesuffix("s")
    return [
        {"slug": row[which], **{key: value for key, value in row.items() if key != which}}
        for row in rows
        if row[which]
    ]
