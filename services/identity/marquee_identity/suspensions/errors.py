"""Errors of suspensions."""

from typing import ClassVar

from marquee_shared.problems import Forbidden


class AccountSuspended(Forbidden):
    """403: told only to who has proved to be the member."""

    code = "account_suspended"
    words: ClassVar = {
        "en": "Your account is suspended{until}.",
        "es": "Tu cuenta está suspendida{until}.",
        "fr": "Votre compte est suspendu{until}.",
        "de": "Ihr Konto ist gesperrt{until}.",
    }
