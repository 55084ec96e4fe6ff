"""Errors of OAuth applications."""

from typing import ClassVar

from marquee_shared.problems import Conflict, NotFound


class ApplicationNotFound(NotFound):
    """404."""

    code = "application_not_found"
    words: ClassVar = {
        "en": "There is no such application.",
        "es": "No existe esa aplicación.",
        "fr": "Cette application n'existe pas.",
        "de": "Diese Anwendung gibt es nicht.",
    }


class TooManyApplications(Conflict):
    """409."""

    code = "too_many_applications"
    words: ClassVar = {
        "en": "You have {limit} applications; delete one first.",
        "es": "Tienes {limit} aplicaciones; elimina una antes.",
        "fr": "Vous avez {limit} applications ; supprimez-en une d'abord.",
        "de": "Sie haben {limit} Anwendungen; löschen Sie zuerst eine.",
    }
