"""Errors of tokens."""

from typing import ClassVar

from marquee_shared.problems import Conflict


class TooManyTokens(Conflict):
    """409."""

    code = "too_many_tokens"
    words: ClassVar = {
        "en": "You have {limit} tokens; revoke one first.",
        "es": "Tienes {limit} tokens; revoca uno antes.",
        "fr": "Vous avez {limit} jetons ; révoquez-en un d'abord.",
        "de": "Sie haben {limit} Tokens; widerrufen Sie zuerst eines.",
    }
