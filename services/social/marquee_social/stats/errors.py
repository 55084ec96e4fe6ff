"""Errors about figures."""

from typing import ClassVar

from marquee_shared.problems import NotFound


class StatsNotFound(NotFound):
    """404: the member does not show their figures to the caller."""

    code = "stats_not_found"
    words: ClassVar = {
        "en": "This member's figures are not shown to you.",
        "es": "Las cifras de este miembro no están a tu vista.",
        "fr": "Les chiffres de ce membre ne vous sont pas montrés.",
        "de": "Die Zahlen dieses Mitglieds sind für dich nicht zu sehen.",
    }
