"""What can be wrong with a request about genres, platforms, awards and tags."""

from typing import ClassVar

from marquee_shared.problems import NotFound


class GenreNotFound(NotFound):
    """404."""

    code = "genre_not_found"
    words: ClassVar = {
        "en": "There is no such genre.",
        "es": "No existe ese género.",
        "fr": "Ce genre n'existe pas.",
        "de": "Dieses Genre gibt es nicht.",
    }


class PlatformNotFound(NotFound):
    """404."""

    code = "platform_not_found"
    words: ClassVar = {
        "en": "There is no such platform.",
        "es": "No existe esa plataforma.",
        "fr": "Cette plateforme n'existe pas.",
        "de": "Diese Plattform gibt es nicht.",
    }


class AwardNotFound(NotFound):
    """404."""

    code = "award_not_found"
    words: ClassVar = {
        "en": "There is no such award.",
        "es": "No existe ese premio.",
        "fr": "Cette récompense n'existe pas.",
        "de": "Diese Auszeichnung gibt es nicht.",
    }


class TagNotFound(NotFound):
    """404."""

    code = "tag_not_found"
    words: ClassVar = {
        "en": "There is no such tag.",
        "es": "No existe esa etiqueta.",
        "fr": "Cette étiquette n'existe pas.",
        "de": "Dieses Schlagwort gibt es nicht.",
    }
