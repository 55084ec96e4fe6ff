"""Errors of erasures."""

from typing import ClassVar

from marquee_shared.problems import NotFound


class ErasureNotFound(NotFound):
    """404."""

    code = "erasure_not_found"
    words: ClassVar = {
        "en": "There is no such erasure; it may have been undone by signing in.",
        "es": "No existe ese borrado; quizá se anuló al iniciar sesión.",
        "fr": "Cette suppression n'existe pas ; elle a pu être annulée par une connexion.",
        "de": "Diese Löschung gibt es nicht; eine Anmeldung kann sie aufgehoben haben.",
    }
