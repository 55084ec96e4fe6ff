"""Errors about reports."""

from typing import ClassVar

from marquee_shared.problems import Conflict, Forbidden, NotFound


class ReportNotFound(NotFound):
    """404."""

    code = "report_not_found"
    words: ClassVar = {
        "en": "There is no such report.",
        "es": "No existe esa denuncia.",
        "fr": "Ce signalement n'existe pas.",
        "de": "Diese Meldung gibt es nicht.",
    }


class AlreadyReported(Conflict):
    """409."""

    code = "already_reported"
    words: ClassVar = {
        "en": "You have reported this already; moderators will look at it.",
        "es": "Ya lo has denunciado; los moderadores lo revisarán.",
        "fr": "Vous l'avez déjà signalé ; les modérateurs vont l'examiner.",
        "de": "Du hast das schon gemeldet; die Moderation sieht es sich an.",
    }


class ReportDecided(Conflict):
    """409."""

    code = "report_decided"
    words: ClassVar = {
        "en": "This report has been decided already.",
        "es": "Esta denuncia ya está resuelta.",
        "fr": "Ce signalement est déjà traité.",
        "de": "Über diese Meldung ist schon entschieden.",
    }


class NothingToAppeal(Conflict):
    """409."""

    code = "nothing_to_appeal"
    words: ClassVar = {
        "en": "There is no decision here that can be appealed, or no longer.",
        "es": "No hay ninguna decisión que se pueda recurrir, o ya no.",
        "fr": "Il n'y a pas, ou plus, de décision à contester ici.",
        "de": "Hier gibt es keine Entscheidung, die sich (noch) anfechten lässt.",
    }


class OwnContent(Forbidden):
    """403."""

    code = "own_content"
    words: ClassVar = {
        "en": "Nobody reports or judges what is their own.",
        "es": "Nadie denuncia ni juzga lo propio.",
        "fr": "Nul ne signale ni ne juge ce qui est à lui.",
        "de": "Niemand meldet oder beurteilt das Eigene.",
    }
