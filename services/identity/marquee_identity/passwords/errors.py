"""Errors of passwords."""

from typing import ClassVar

from marquee_shared.problems import Conflict, Invalid


class WrongPassword(Invalid):
    """422: the present password is another one."""

    code = "wrong_password"
    words: ClassVar = {
        "en": "The current password is not right.",
        "es": "La contraseña actual no es correcta.",
        "fr": "Le mot de passe actuel n'est pas le bon.",
        "de": "Das jetzige Passwort stimmt nicht.",
    }


class NoPassword(Conflict):
    """409: the account is signed in to by another service; a reset gives it a password."""

    code = "no_password"
    words: ClassVar = {
        "en": "Your account has no password yet; set one by resetting it.",
        "es": "Tu cuenta aún no tiene contraseña; créala restableciéndola.",
        "fr": "Votre compte n'a pas encore de mot de passe ; créez-le en le réinitialisant.",
        "de": "Ihr Konto hat noch kein Passwort; legen Sie es durch Zurücksetzen fest.",
    }
