"""Words as search knows them: without accents and case, and what one typo makes of them.

Everything here runs when something is written or asked for; the database only ever compares
finished words, so it needs no extension.
"""

import re
from collections.abc import Iterable

from marquee_shared.slugs import fold

LONGEST_WORD = 60
SHORTEST_WITH_TYPO = 4
ARTICLES = frozenset(
    [
        "the",
        "a",
        "an",
        "le",
        "la",
        "les",
        "un",
        "une",
        "el",
        "los",
        "las",
        "una",
        "der",
        "die",
        "das",
        "ein",
        "eine",
        "il",
        "lo",
        "gli",
        "i",
    ]
)

MOST_TELLING = 400
SILENT = frozenset(
    """
    a about after all also an and any are as at be because been before being but by can could did
    do does during each for from had has have he her hers him his how i if in into is it its just
    more most no not of off on once only or other our out over own she so some such than that the
    their them then there these they this those through to too under until up very was we were
    what when where which while who whom why will with would you your
    al como con de del desde el ella ellos en entre era es esta este ha la las lo los mas muy ni
    para pero por que se ser sin sobre su sus tambien tras un una uno y ya
    au aux avec ce ces cette dans des du elle est et etre il ils je le les leur lui mais ne nous
    on ou par pas plus pour qu que qui sa sans ses son sont sur une vous
    aber als am an auch auf aus bei bis das dass dem den der des die durch ein eine einem einen
    einer er fur hat ihm ihr ihre im ist mit nach nicht noch nur oder sich sie sind und um unter
    vom von vor war wenn wie wird wo zu zum zur uber
    """.split()  # noqa: SIM905 - a column of a hundred lines would tell no more
)
"""Words that nearly every synopsis has, folded; in titles they count."""

_RUN = re.compile(r"[^\W_]+(?:[-.·:/+&][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
ROMAN = {
    "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9",
    "x": "10", "xi": "11", "xii": "12", "xiii": "13",
}  # fmt: skip


def split_words(text: str) -> list[str]:
    """Return the folded words of a text, in order: `Amélie & I` → `amelie`, `i`."""
    return [word[:LONGEST_WORD] for word in _PART.findall(fold(text))]


def indexed_words(*texts: str | None) -> list[str]:
    """Return every word that these texts should be found by, each once.

    Compounds count in parts and as one (`spider-man`: spider, man, spiderman), Roman numerals
    as Arabic ones too (`Part II`: part, ii, 2).
    """
    found: dict[str, None] = {}
    for text in texts:
        for run in _RUN.findall(fold(text or "")):
            parts = _PART.findall(run)
            found.update(dict.fromkeys(part[:LONGEST_WORD] for part in parts))
            if len(parts) > 1:
                found["".join(parts)[:LONGEST_WORD]] = None
            found.update((ROMAN[part], None) for part in parts if part in ROMAN)
    return list(found)


def telling_words(*texts: str | None) -> list[str]:
    """Return the words of synopses that say something, each once, at most `MOST_TELLING`."""
    return [word for word in indexed_words(*texts) if word not in SILENT][:MOST_TELLING]


def title_key(title: str) -> str:
    """Return what two spellings of one title share: folded words without a leading article."""
    words = split_words(title)
    if len(words) > 1 and words[0] in ARTICLES:
        words = words[1:]
    return " ".join(words)


def title_keys(*titles: str | None) -> list[str]:
    """Return the keys of several titles, each once; the first title's comes first."""
    return list(dict.fromkeys(key for title in titles if title and (key := title_key(title))))


def deletions(word: str) -> list[str]:
    """Return a word and what is left of it when any one letter goes."""
    return list(dict.fromkeys([word, *(word[:i] + word[i + 1 :] for i in range(len(word)))]))


def is_one_typo_apart(first: str, second: str) -> bool:
    """Whether one letter inserted, left out, replaced or swapped with its neighbour does it."""
    if abs(len(first) - len(second)) > 1:
        return False
    start = 0
    shortest = min(len(first), len(second))
    while start < shortest and first[start] == second[start]:
        start += 1
    head, tail = first[start:], second[start:]
    if len(head) > len(tail):
        return head[1:] == tail
    if len(head) < len(tail):
        return head == tail[1:]
    return head[1:] == tail[1:] or (
        head[:2] == tail[1::-1] and head[2:] == tail[2:] and len(head) > 1
    )


def spelled_like(word: str, candidates: Iterable[str]) -> list[str]:
    """Return the candidates one typo away from a word, itself left out."""
    return [known for known in candidates if known != word and is_one_typo_apart(word, known)]
