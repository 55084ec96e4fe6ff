"""Errors about watch time."""

from typing import ClassVar

from marquee_shared.problems import NotFound


class WatchTimeNotFound(NotFound):
    """404: the member does not show their watch time to the caller."""

    code = "watch_time_not_found"
    words: ClassVar = {
        "en": "This member's watch time is not shown to you.",
        "es": "El tiempo de visionado de este miembro no está a tu vista.",
        "fr": "Le temps de visionnage de ce membre ne vous est pas montré.",
        "de": "Die Sehzeit dieses Mitglieds ist für dich nicht zu sehen.",
    }
