"""Errors about films."""

from typing import ClassVar

from marquee_shared.problems import NotFound


class MovieNotFound(NotFound):
    """404."""

    code = "movie_not_found"
    words: ClassVar = {
        "en": "There is no such movie.",
        "es": "No existe esa película.",
        "fr": "Ce film n'existe pas.",
        "de": "Diesen Film gibt es nicht.",
    }
