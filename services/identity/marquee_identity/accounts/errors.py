"""Errors of signing up and of codes."""

from typing import ClassVar

from marquee_shared.problems import Conflict, Invalid, TooManyRequests


class InvalidCode(Invalid):
    """422: not the code; the try counts."""

    code = "invalid_code"
    keeps_changes = True
    words: ClassVar = {
        "en": "This is not the code we sent.",
        "es": "Este no es el código que enviamos.",
        "fr": "Ce n'est pas le code que nous avons envoyé.",
        "de": "Das ist nicht der Code, den wir geschickt haben.",
    }


class CodeExpired(Invalid):
    """422: there is no code that could still be used."""

    code = "code_expired"
    words: ClassVar = {
        "en": "The code has expired or was tried too often; ask for a new one.",
        "es": "El código ha caducado o se ha probado demasiadas veces; pide otro.",
        "fr": "Le code a expiré ou a été essayé trop souvent ; demandez-en un autre.",
        "de": "Der Code ist abgelaufen oder zu oft versucht worden; fordern Sie einen neuen an.",
    }


class AlreadyVerified(Conflict):
    """409."""

    code = "email_already_verified"
    words: ClassVar = {
        "en": "Your e-mail address is confirmed already.",
        "es": "Tu correo electrónico ya está confirmado.",
        "fr": "Votre adresse e-mail est déjà confirmée.",
        "de": "Ihre E-Mail-Adresse ist schon bestätigt.",
    }


class CodeJustSent(TooManyRequests):
    """429: one mail a minute."""

    code = "code_just_sent"
    words: ClassVar = {
        "en": "A code was sent a moment ago; ask again in {seconds} s.",
        "es": "Acabamos de enviar un código; pide otro dentro de {seconds} s.",
        "fr": "Un code vient d'être envoyé ; redemandez dans {seconds} s.",
        "de": "Eben wurde ein Code gesendet; einen neuen gibt es in {seconds} s.",
    }
