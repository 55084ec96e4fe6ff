"""Errors about members."""

from typing import ClassVar

from marquee_shared.problems import Forbidden, NotFound


class UserNotFound(NotFound):
    """404: there is no such member, or not for this caller."""

    code = "user_not_found"
    words: ClassVar = {
        "en": "There is no such member.",
        "es": "No existe ese miembro.",
        "fr": "Ce membre n'existe pas.",
        "de": "Dieses Mitglied gibt es nicht.",
    }


class Suspended(Forbidden):
    """403: moderators have taken the member's right to write away."""

    code = "suspended"
    words: ClassVar = {
        "en": "Your account is suspended.",
        "es": "Tu cuenta está suspendida.",
        "fr": "Votre compte est suspendu.",
        "de": "Dein Konto ist gesperrt.",
    }
