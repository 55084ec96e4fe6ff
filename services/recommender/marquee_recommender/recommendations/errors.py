"""What members can ask wrongly."""

from typing import ClassVar

from marquee_shared.problems import NotFound


class MovieNotFound(NotFound):
    """404."""

    code = "movie_not_found"
    words: ClassVar = {
        "en": "There is no movie {slug}.",
        "es": "No existe la película {slug}.",
        "fr": "Le film {slug} n'existe pas.",
        "de": "Es gibt keinen Film {slug}.",
    }
