"""Errors of exports."""

from typing import ClassVar

from marquee_shared.problems import Conflict, NotFound


class ExportRunning(Conflict):
    """409: one at a time."""

    code = "export_running"
    words: ClassVar = {
        "en": "Your last export is still being made.",
        "es": "Tu última exportación aún se está preparando.",
        "fr": "Votre dernier export est encore en préparation.",
        "de": "Ihr letzter Export wird noch erstellt.",
    }


class ExportNotFound(NotFound):
    """404."""

    code = "export_not_found"
    words: ClassVar = {
        "en": "There is no such export, or it has expired.",
        "es": "No existe esa exportación o ha caducado.",
        "fr": "Cet export n'existe pas ou a expiré.",
        "de": "Diesen Export gibt es nicht oder nicht mehr.",
    }
