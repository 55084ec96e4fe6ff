"""Errors about comments."""

from typing import ClassVar

from marquee_shared.problems import NotFound


class CommentNotFound(NotFound):
    """404."""

    code = "comment_not_found"
    words: ClassVar = {
        "en": "There is no such comment.",
        "es": "No existe ese comentario.",
        "fr": "Ce commentaire n'existe pas.",
        "de": "Diesen Kommentar gibt es nicht.",
    }
