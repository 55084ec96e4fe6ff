"""Reading a text: tables of words and the catalog's names, longest phrases first.

Each step takes what it understands out of the text, so that nothing is understood twice. The
work is bounded by words times the longest phrase; there are no regular expressions in it.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from marquee_recommender.discover import lexicon
from marquee_recommender.discover.names import Names, tokens_of
from marquee_recommender.discover.numbers import read_runtime, read_years
from marquee_recommender.discover.tokens import Tokens

WORDS_READ = 120
ENDINGS = ("s", "es", "n", "en", "e", "film", "filme", "filmen", "filme", "movie", "streifen")
SHORTEST_STEM = 4
SHORTEST_REST = 3
EVERY_FUNCTION_WORD = frozenset().union(*lexicon.FUNCTION_WORDS.values())


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text says.

    Attributes:
        said: what it names, in the terms of `Understood`.
        rest: words that were not understood; they are looked up by meaning.
        more: other films than those shown so far are asked for.
        also: what is said adds to what was said before.
        afresh: what was said before no longer counts.
    """

    said: dict[str, Any]
    rest: tuple[str, ...] = ()
    more: bool = False
    also: bool = False
    afresh: bool = False


def language_of(words: Iterable[str], otherwise: str) -> str:
    """Return the language whose small words are the most, the caller's among equals."""
    known = list(words)
    counts = {
        language: sum(word in function_words for word in known)
        for language, function_words in lexicon.FUNCTION_WORDS.items()
    }
    most = max(counts.values())
    if counts.get(otherwise) == most:
        return otherwise
    return max(counts, key=lambda language: counts[language])


def parse(text: str, names: Names, language: str, year: int) -> Parsed:
    """Read a text; `year` is the present one, from which “recent” counts."""
    words = tokens_of(text)[:WORDS_READ]
    tokens = Tokens(words, language_of(words, language), dict(lexicon.ONLY))
    said: dict[str, Any] = {}
    afresh = _anywhere(tokens, lexicon.AFRESH)
    more = _at_start(tokens, lexicon.MORE)
    friends = _anywhere(tokens, lexicon.FRIENDS)
    said["like"] = _likes(tokens, names)
    said["max_runtime"] = read_runtime(tokens)
    if _anywhere(tokens, lexicon.SHORT) and said["max_runtime"] is None:
        said["max_runtime"] = lexicon.SHORT_MINUTES
    span = read_years(tokens)
    said["year_from"], said["year_to"] = span.first, span.last
    said["people"] = _people(tokens, names)
    said["platforms"] = _all(tokens, names.platforms)
    genres: Mapping[str, str] = {**names.genres, **lexicon.GENRES}
    said["without_genres"] = _negated(tokens, genres)
    said["tags"] = _all(tokens, {**names.tags, **lexicon.MOODS}, barred=genres)
    said["genres"] = [
        genre for genre in _all(tokens, genres) if genre not in said["without_genres"]
    ]
    if _anywhere(tokens, lexicon.NEW) and span.first is None:
        said["year_from"] = year - lexicon.NEW_YEARS
    elif _anywhere(tokens, lexicon.OLD) and span.last is None and span.first is None:
        said["year_to"] = lexicon.OLD_YEAR
    said["with_friends"] = friends
    also = _anywhere(tokens, lexicon.ALSO)
    rest = tuple(
        word
        for word, taken in zip(tokens.words, tokens.taken, strict=True)
        if not taken
        and len(word) >= SHORTEST_REST
        and not word.isdigit()
        and word not in EVERY_FUNCTION_WORD
    )
    heard = {name: value for name, value in said.items() if value}
    return Parsed(heard, rest, more, also, afresh)


def _anywhere(tokens: Tokens, phrases: Container[str]) -> bool:
    """Take every such phrase; return whether there was one."""
    found = False
    for place in range(len(tokens.words)):
        if length := tokens.phrase(place, phrases):
            tokens.take(place, length)
            found = True
    return found


def _at_start(tokens: Tokens, phrases: Container[str]) -> bool:
    """Take such a phrase where a text begins with it, unless a comparison follows."""
    length = tokens.phrase(0, phrases)
    if not length or tokens.phrase(0, lexicon.LONGER):
        return False
    tokens.take(0, length)
    return True


def _likes(tokens: Tokens, names: Names) -> list[str]:
    """Take the titles that follow “like”."""
    found: list[str] = []
    for place in range(len(tokens.words)):
        marker = tokens.phrase(place, lexicon.LIKE)
        if not marker:
            continue
        start = place + marker
        while length := _title(tokens, names, start):
            found.append(names.titles[tokens.said(start, length)])
            tokens.take(place, start + length - place)
            start += length
            if tokens.at(start) in ("or", "and", "o", "y", "ou", "et", "oder", "und"):
                start += 1
    return list(dict.fromkeys(found))


def _title(tokens: Tokens, names: Names, place: int) -> int:
    """Return the length of the title that begins here; common words alone are none."""
    length = tokens.phrase(place, names.titles)
    words = tokens.words[place : place + length]
    plain = all(
        word in EVERY_FUNCTION_WORD or word in lexicon.GENRES or word in lexicon.MOODS
        for word in words
    )
    return 0 if plain else length


def _people(tokens: Tokens, names: Names) -> list[str]:
    """Take full names anywhere, and surnames after words such as “by”."""
    found: list[str] = []
    for place in range(len(tokens.words)):
        length = tokens.phrase(place, names.people)
        marker = tokens.phrase(place, lexicon.PERSON)
        if length > 1:
            found.append(names.people[tokens.said(place, length)])
            tokens.take(place, length)
        elif marker and (word := tokens.at(place + marker)):
            slug = names.people.get(word) or names.surnames.get(word)
            follows = tokens.phrase(place + marker, names.people)
            if slug and follows <= 1 and word not in EVERY_FUNCTION_WORD:
                found.append(slug)
                tokens.take(place, marker + 1)
    return list(dict.fromkeys(found))


def _stems(word: str) -> Iterable[str]:
    """Yield a word as it stands and without endings of plurals and compounds."""
    yield word
    for ending in ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= SHORTEST_STEM:
            yield stem


def _meaning(tokens: Tokens, place: int, table: Mapping[str, str]) -> tuple[str, int] | None:
    """Return what begins here and how many words say so."""
    if length := tokens.phrase(place, table):
        return table[tokens.said(place, length)], length
    word = tokens.at(place)
    only = lexicon.ONLY.get(word)
    for stem in _stems(word) if not only else ():
        if stem != word and stem in table and not lexicon.ONLY.get(stem):
            return table[stem], 1
    return None


def _all(
    tokens: Tokens, table: Mapping[str, str], barred: Mapping[str, str] | None = None
) -> list[str]:
    """Take everything in a table; what a longer phrase of `barred` says is left to that."""
    found: list[str] = []
    for place in range(len(tokens.words)):
        meaning = _meaning(tokens, place, table)
        if meaning is None:
            continue
        value, length = meaning
        if barred is not None and tokens.phrase(place, barred) >= length:
            continue
        found.append(value)
        tokens.take(place, length)
    return list(dict.fromkeys(found))


def _negated(tokens: Tokens, genres: Mapping[str, str]) -> list[str]:
    """Take genres right after a “no”, and the moods that are not wanted."""
    found: list[str] = []
    for place in range(len(tokens.words)):
        marker = tokens.phrase(place, lexicon.NOT)
        if not marker:
            continue
        for gap in (0, 1):
            start = place + marker + gap
            meaning = _meaning(tokens, start, genres)
            unwanted = _meaning(tokens, start, lexicon.MOODS)
            if meaning is not None:
                found.append(meaning[0])
                tokens.take(place, start + meaning[1] - place)
                break
            if unwanted is not None:
                tokens.take(place, start + unwanted[1] - place)
                break
    return list(dict.fromkeys(found))
