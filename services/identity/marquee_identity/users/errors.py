"""Errors of users."""

from typing import ClassVar

from marquee_shared.problems import Conflict, NotFound


class UserNotFound(NotFound):
    """404."""

    code = "user_not_found"
    words: ClassVar = {
        "en": "There is no such member.",
        "es": "No existe ese miembro.",
        "fr": "Ce membre n'existe pas.",
        "de": "Dieses Mitglied gibt es nicht.",
    }


class UsernameTaken(Conflict):
    """409."""

    code = "username_taken"
    words: ClassVar = {
        "en": "This username is taken.",
        "es": "Este nombre de usuario ya está en uso.",
        "fr": "Ce pseudo est déjà pris.",
        "de": "Dieser Benutzername ist vergeben.",
    }


class EmailTaken(Conflict):
    """409."""

    code = "email_taken"
    words: ClassVar = {
        "en": "There is an account with this e-mail address.",
        "es": "Ya existe una cuenta con este correo.",
        "fr": "Un compte existe déjà avec cette adresse.",
        "de": "Mit dieser E-Mail-Adresse gibt es schon ein Konto.",
    }
