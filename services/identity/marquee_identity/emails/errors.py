"""Errors of changing an e-mail address."""

from typing import ClassVar

from marquee_shared.problems import Conflict, Forbidden


class SignInAgain(Forbidden):
    """403: without a password only a session just begun proves who asks."""

    code = "sign_in_again"
    words: ClassVar = {
        "en": "Sign in again first: your last sign-in was too long ago for this.",
        "es": "Vuelve a iniciar sesión: tu último acceso fue hace demasiado tiempo.",
        "fr": "Reconnectez-vous d'abord : votre dernière connexion est trop ancienne.",
        "de": "Melden Sie sich zuerst neu an: Ihre letzte Anmeldung liegt zu lange zurück.",
    }


class SameEmail(Conflict):
    """409: it is the member's confirmed address already."""

    code = "same_email"
    words: ClassVar = {
        "en": "This is your e-mail address already.",
        "es": "Este ya es tu correo electrónico.",
        "fr": "C'est déjà votre adresse e-mail.",
        "de": "Das ist schon Ihre E-Mail-Adresse.",
    }
