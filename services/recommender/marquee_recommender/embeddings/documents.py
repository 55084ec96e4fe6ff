"""What an encoder is told about a film."""

import hashlib
from typing import Any

ACTORS = 5
TAGS = 20
LONGEST = 4000


def document_of(film: Any) -> str:
    """Return a film's title, genres, people, tags and synopsis as one text.

    `film` is a row of the replica with `title, synopsis, genres, tags, credits`.
    """
    people = [
        each["name"]
        for each in film.credits
        if each["job"] == "director" or (each["job"] == "actor" and each["order"] < ACTORS)
    ]
    parts = [
        film.title,
        ", ".join(each["name"] for each in film.genres),
        ", ".join(each["name"] for each in film.tags[:TAGS]),
        ", ".join(people),
        film.synopsis or "",
    ]
    return ". ".join(part for part in parts if part)[:LONGEST]


def digest_of(document: str) -> bytes:
    """Return what tells whether a film has to be embedded anew."""
    return hashlib.sha256(document.encode()).digest()[:16]
