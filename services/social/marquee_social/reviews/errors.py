"""Errors about reviews."""

from typing import ClassVar

from marquee_shared.problems import Conflict, NotFound


class ReviewNotFound(NotFound):
    """404."""

    code = "review_not_found"
    words: ClassVar = {
        "en": "There is no such review.",
        "es": "No existe esa reseña.",
        "fr": "Cette critique n'existe pas.",
        "de": "Diese Kritik gibt es nicht.",
    }


class ReviewExists(Conflict):
    """409."""

    code = "review_exists"
    words: ClassVar = {
        "en": "You have reviewed this movie already; edit or delete that review.",
        "es": "Ya has reseñado esta película; edita o borra esa reseña.",
        "fr": "Vous avez déjà critiqué ce film ; modifiez ou supprimez cette critique.",
        "de": "Du hast diesen Film schon besprochen; ändere oder lösche diese Kritik.",
    }
