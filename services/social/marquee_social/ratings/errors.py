"""Errors about ratings."""

from typing import ClassVar

from marquee_shared.problems import NotFound


class RatingNotFound(NotFound):
    """404."""

    code = "rating_not_found"
    words: ClassVar = {
        "en": "You have not rated this movie.",
        "es": "No has puntuado esta película.",
        "fr": "Vous n'avez pas noté ce film.",
        "de": "Du hast diesen Film nicht bewertet.",
    }
