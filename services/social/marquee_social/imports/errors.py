"""Errors about imports."""

from typing import ClassVar

from marquee_shared.problems import Conflict, Invalid, NotFound


class ImportNotFound(NotFound):
    """404."""

    code = "import_not_found"
    words: ClassVar = {
        "en": "You have no such import.",
        "es": "No tienes esa importación.",
        "fr": "Vous n'avez pas cet import.",
        "de": "Du hast keinen solchen Import.",
    }


class ImportBusy(Conflict):
    """409: its job has not ended."""

    code = "import_busy"
    words: ClassVar = {
        "en": "This import is still under way.",
        "es": "Esta importación todavía está en curso.",
        "fr": "Cet import est encore en cours.",
        "de": "Dieser Import läuft noch.",
    }


class ImportUndone(Conflict):
    """409: it was undone; import the file again."""

    code = "import_undone"
    words: ClassVar = {
        "en": "This import was undone; import the file again.",
        "es": "Esta importación se deshizo; importa el archivo de nuevo.",
        "fr": "Cet import a été annulé ; importez à nouveau le fichier.",
        "de": "Dieser Import wurde rückgängig gemacht; importiere die Datei erneut.",
    }


class UnreadableFileError(Exception):
    """A file that is not what it was said to be: a code for clients, and words."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail

    def as_problem(self) -> Invalid:
        """Return the answer to whoever uploaded it."""
        return Invalid.at("/file", self.code, self.detail)
