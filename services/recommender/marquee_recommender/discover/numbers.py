"""Years, decades and runtimes in words and digits."""

from dataclasses import dataclass
from typing import Final

from marquee_recommender.discover import lexicon
from marquee_recommender.discover.tokens import Tokens

FIRST_YEAR, LAST_YEAR = 1880, 2100
LONGEST = 600
YEAR_DIGITS = 4
BARE_DECADE: Final = 30
CENTURY_TURN: Final = 20


@dataclass(frozen=True, slots=True)
class Span:
    """Years a mention stands for, either side open."""

    first: int | None
    last: int | None


def read_runtime(tokens: Tokens) -> int | None:
    """Take the runtimes out of a text and return the longest allowed, in minutes."""
    limit: int | None = None
    for place in range(len(tokens.words)):
        found = _runtime_at(tokens, place)
        if found is None:
            continue
        minutes, length = found
        longer = tokens.behind(place, lexicon.LONGER)
        tokens.take(place, length)
        if not longer and 0 < minutes <= LONGEST:
            limit = minutes if limit is None else min(limit, minutes)
    return limit


def _runtime_at(tokens: Tokens, place: int) -> tuple[int, int] | None:
    """Return the minutes that begin here and how many words say so."""
    word = tokens.at(place)
    compact = _compact(word)
    if compact is not None:
        return compact, 1
    number: float | None = float(word) if _is_number(word, 3) else lexicon.NUMBERS.get(word)
    unit = tokens.at(place + 1)
    if number is None or not unit:
        return None
    if unit in lexicon.MINUTES:
        return int(number), 2
    if unit not in lexicon.HOURS:
        return None
    minutes, length = number * 60, 2
    half = tokens.phrase(place + 2, lexicon.HALF)
    rest = tokens.at(place + 2)
    if half:
        minutes, length = minutes + 30, length + half
    elif _is_number(rest, 2):
        minutes, length = minutes + int(rest), length + 1
    return int(minutes), length


def _is_number(word: str, digits: int) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= digits


def _compact(word: str) -> int | None:
    """Return the minutes of `90min`, `2h` or `1h30`."""
    digits = word[: len(word) - len(word.lstrip("0123456789"))]
    if not _is_number(digits, 3):
        return None
    rest = word[len(digits) :]
    if rest in ("min", "mins"):
        return int(digits)
    if rest == "h":
        return int(digits) * 60
    if rest.startswith("h") and _is_number(rest[1:], 2):
        return int(digits) * 60 + int(rest[1:])
    return None


def read_years(tokens: Tokens) -> Span:
    """Take the years and decades out of a text; several bare ones are a range."""
    firsts: list[int] = []
    lasts: list[int] = []
    place = 0
    while place < len(tokens.words):
        found = _years_at(tokens, place)
        if found is None:
            place += 1
            continue
        first, last, length = found
        if tokens.behind(place, lexicon.SINCE):
            firsts.append(first)
        elif tokens.behind(place, lexicon.AFTER):
            firsts.append(last + 1)
        elif tokens.behind(place, lexicon.BEFORE):
            lasts.append(first - 1)
        elif tokens.behind(place, lexicon.UNTIL):
            lasts.append(last)
        else:
            firsts.append(first)
            lasts.append(last)
        tokens.take(place, length)
        place += length
    span = Span(min(firsts, default=None), max(lasts, default=None))
    if span.first is not None and span.last is not None and span.first > span.last:
        return Span(span.last, span.first)
    return span


def _years_at(tokens: Tokens, place: int) -> tuple[int, int, int] | None:
    """Return the first and last year that are meant here and how many words say so."""
    word = tokens.at(place)
    if not word:
        return None
    marked = place > 0 and tokens.words[place - 1] in lexicon.DECADE_MARKS
    decade: int | None = None
    length = 1
    if _is_number(word, 4):
        number = int(word)
        if marked and number % 10 == 0 and (len(word) == YEAR_DIGITS or number >= BARE_DECADE):
            decade = _decade(word)
        elif len(word) == YEAR_DIGITS and FIRST_YEAR <= number <= LAST_YEAR:
            return number, number, 1
    else:
        digits = word.rstrip("abcdefghijklmnopqrstuvwxyz")
        if _is_number(digits, 4) and word[len(digits) :] in lexicon.DECADE_ENDS:
            decade = _decade(digits)
    if decade is None:
        length = tokens.phrase(place, lexicon.DECADES)
        if not length:
            return None
        decade = lexicon.DECADES[" ".join(tokens.words[place : place + length])]
    if tokens.behind(place, lexicon.EARLY):
        return decade, decade + 4, length
    if tokens.behind(place, lexicon.LATE):
        return decade + 5, decade + 9, length
    return decade, decade + 9, length


def _decade(digits: str) -> int | None:
    number = int(digits)
    if number % 10:
        return None
    if len(digits) == YEAR_DIGITS:
        return number if FIRST_YEAR <= number <= LAST_YEAR else None
    if len(digits) != YEAR_DIGITS // 2:
        return None
    return 1900 + number if number >= CENTURY_TURN else 2000 + number
