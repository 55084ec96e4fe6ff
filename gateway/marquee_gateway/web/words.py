"""What the pages say, in every language: one `words.toml` beside the templates that say it.

A line is `key = { en = "…", es = "…", fr = "…", de = "…" }`; in templates it is
`t("folder.key")`. Two texts in a list are for one and for several of `{n}`. Texts are plain:
what is filled in is escaped, so they hold no `<`, `&` or `"` themselves.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.lists import format_list
from babel.numbers import format_decimal
from markupsafe import Markup

from marquee_shared.languages import LANGUAGES

Text = str | list[str]
Catalog = Mapping[str, Mapping[str, Text]]

_COUNTRY: Final = re.compile(r"(?!EU|EZ|UN|XA|XB|ZZ|QO)[A-Z]{2}")
"""Codes of countries, not of unions, tests and the unknown."""

HERE: Final = Path(__file__).parent
COMMON: Final = "site"
"""The folder name of the words that every page may use; they stand in `templates/`."""


def read_words(root: Path = HERE) -> dict[str, dict[str, Text]]:
    """Return all words by `folder.key` and language."""
    words: dict[str, dict[str, Text]] = {}
    for file in sorted(root.glob("*/words.toml")):
        folder = COMMON if file.parent.name == "templates" else file.parent.name
        for key, texts in tomllib.loads(file.read_text()).items():
            words[f"{folder}.{key}"] = texts
    return words


class Speech:
    """One language: its words, numbers and dates."""

    def __init__(self, words: Catalog, language: str) -> None:
        self.language = language
        self._locale = Locale.parse(language)
        self._words = {key: texts[language] for key, texts in words.items()}

    def __call__(self, key: str, **values: Any) -> Markup:
        """Return a text, filled in; `n` chooses between one and several.

        Raises:
            KeyError: there is no such text.
        """
        text = self._words[key]
        if isinstance(text, list):
            text = text[0 if self._is_one(values["n"]) else 1]
        shown = {
            name: self.number(value) if isinstance(value, (int, float)) else value
            for name, value in values.items()
        }
        # Our own words; the values are escaped.
        return Markup(text).format(**shown)  # noqa: S704 # nosec B704

    def __contains__(self, key: str) -> bool:
        return key in self._words

    def _is_one(self, n: float) -> bool:
        return n == 1 or (self.language == "fr" and n == 0)

    def number(self, value: float) -> str:
        """Write a number."""
        return str(format_decimal(value, format="#,##0.##", locale=self.language))

    def rating(self, value: float) -> str:
        """Write a rating, with one decimal."""
        return str(format_decimal(value, format="0.0", locale=self.language))

    def date(self, value: str | date, form: str = "long") -> str:
        """Write a day."""
        return format_date(_day(value), format=form, locale=self.language)

    def ago(self, value: str) -> str:
        """Write how long ago a moment was; after a month, its day."""
        past = datetime.now(UTC) - datetime.fromisoformat(value)
        if past > timedelta(days=30):
            return self.date(value, "medium")
        return format_timedelta(-past, add_direction=True, locale=self.language)

    def runtime(self, minutes: int) -> str:
        """Write a film's length."""
        hours, rest = divmod(minutes, 60)
        if not hours:
            return f"{rest} min"
        return f"{hours} h {rest} min" if rest else f"{hours} h"

    def language_name(self, code: str) -> str:
        """Write which language a code stands for."""
        return str(self._locale.languages.get(code.lower(), code))

    def country_name(self, code: str) -> str:
        """Write which country a code stands for."""
        return str(self._locale.territories.get(code.upper(), code))

    @cached_property
    def countries(self) -> list[tuple[str, str]]:
        """All countries as code and name, by name."""
        named = {
            code: name
            for code, name in self._locale.territories.items()
            if _COUNTRY.fullmatch(code)
        }
        return sorted(named.items(), key=lambda one: _without_accents(one[1]))

    def listed(self, parts: list[str]) -> str:
        """Write an enumeration."""
        return format_list(parts, locale=self.language)


def speeches(words: Catalog) -> dict[str, Speech]:
    """Return every language."""
    return {language: Speech(words, language) for language in LANGUAGES}


def _without_accents(text: str) -> str:
    plain = unicodedata.normalize("NFD", text)
    return "".join(one for one in plain if not unicodedata.combining(one)).casefold()


def _day(value: str | date) -> date:
    return value if isinstance(value, date) else datetime.fromisoformat(value).date()
