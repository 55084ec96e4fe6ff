"""Which fields are an editor's own, and how an import leaves them alone.

`movies.edited` and `people.edited` name every field that an editor has set, emptied, or made a
list for: the names of `MovieUpdate` (`synopsis`, `genres`, `credits`, …), of `PersonUpdate`,
`cover_url`, `portrait_url`, `translations.<language>`, `translations.<language>.cover_url`. Such a
field is an editor's for good: an import neither fills, adds to nor replaces it, so that a genre
taken from a film stays away however often the file comes again. A genre, tag, platform, award or
person that was deleted is not made anew.
"""

from collections.abc import Iterable


def is_untouched(table: str, field: str) -> str:
    """Return the SQL condition that a field of a row is no editor's.

    `is_untouched("m", "genres")` → `'genres' <> ALL(m.edited)`; put it where an import writes.
    """
    return f"'{field}' <> ALL({table}.edited)"


def is_untranslated(table: str, language: str) -> str:
    """Return the same for a translation, `language` being SQL, such as `x.language`."""
    return f"'translations.' || {language} <> ALL({table}.edited)"


def filled(table: str, field: str, value: str) -> str:
    """Return SQL that gives a field `value` where it is empty and no editor's."""
    return (
        f"CASE WHEN {table}.{field} IS NULL AND {is_untouched(table, field)} "
        f"THEN {value} ELSE {table}.{field} END"
    )


def with_edits(edited: Iterable[str], fields: Iterable[str]) -> list[str]:
    """Return the fields that are an editor's once these are too."""
    return sorted({*edited, *fields})
