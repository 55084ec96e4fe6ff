"""Errors about activities."""

from typing import ClassVar

from marquee_shared.problems import NotFound


class ActivityNotFound(NotFound):
    """404: the member does not show to the caller what they do."""

    code = "activity_not_found"
    words: ClassVar = {
        "en": "This member's activity is not shown to you.",
        "es": "La actividad de este miembro no está a tu vista.",
        "fr": "L'activité de ce membre ne vous est pas montrée.",
        "de": "Was dieses Mitglied tut, ist für dich nicht zu sehen.",
    }
