"""Errors about members."""

from typing import ClassVar

from marquee_shared.problems import NotFound


class UserNotFound(NotFound):
    """404: there is no such member, or not for this caller."""

    code = "user_not_found"
    words: ClassVar = {
        "en": "There is no such member.",
        "es": "No existe ese miembro.",
        "fr": "Ce membre n'existe pas.",
        "de": "Dieses Mitglied gibt es nicht.",
    }
