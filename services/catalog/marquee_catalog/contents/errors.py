"""What can be wrong with a request about contents."""

from typing import ClassVar

from marquee_shared.problems import NotFound


class ContentNotFound(NotFound):
    """404."""

    code = "content_not_found"
    words: ClassVar = {
        "en": "There is no such content.",
        "es": "No existe ese contenido.",
        "fr": "Ce contenu n'existe pas.",
        "de": "Diesen Inhalt gibt es nicht.",
    }
