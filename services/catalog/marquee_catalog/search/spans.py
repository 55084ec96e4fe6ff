"""Which part of a title the typed words mean, for a typeahead to set off."""

import re

from marquee_catalog.search.words import ROMAN, SHORTEST_WITH_TYPO, is_one_typo_apart
from marquee_shared.slugs import fold

_WORD = re.compile(r"[^\W_]+")

Span = tuple[int, int]


def _words(title: str) -> list[tuple[str, list[Span]]]:
    """Return a title's words folded, each letter with the span in the title that it came from."""
    letters: list[str] = []
    spans: list[Span] = []
    for place, character in enumerate(title):
        for letter in fold(character):
            letters.append(letter)
            spans.append((place, place + 1))
    folded = "".join(letters)
    return [(m.group(), spans[m.start() : m.end()]) for m in _WORD.finditer(folded)]


def _length(typed: str, word: str, *, last: bool) -> int | None:
    """Return how many letters of a title's word a typed word stands for; None: it does not."""
    if typed in (word, ROMAN.get(word)):
        return len(word)
    if last and word.startswith(typed):
        return len(typed)
    if len(typed) >= SHORTEST_WITH_TYPO and is_one_typo_apart(typed, word):
        return len(word)
    return None


def match_span(words: tuple[str, ...], title: str) -> Span | None:
    """Return where in a title the typed words are, first to last; None where one is missing.

    The last typed word may be the beginning of one. Positions count characters, the end is the
    one after the last: `("god", "fa")` in `The Godfather` is not there, `("godf",)` is (4, 8).
    """
    found: list[Span] = []
    left = _words(title)
    for place, typed in enumerate(words):
        last = place == len(words) - 1
        ranked = sorted(
            (word != typed, number, length)
            for number, (word, _) in enumerate(left)
            if (length := _length(typed, word, last=last)) is not None
        )
        if not ranked:
            return None
        _, number, length = ranked[0]
        _, spans = left.pop(number)
        found.append((spans[0][0], spans[length - 1][1]))
    return (min(start for start, _ in found), max(end for _, end in found)) if found else None
