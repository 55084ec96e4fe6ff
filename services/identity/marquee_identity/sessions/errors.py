"""Errors of signing in and of refreshing."""

from typing import ClassVar

from marquee_shared.problems import Unauthorized


class InvalidCredentials(Unauthorized):
    """401: the same for a wrong password, an unknown account and one without a password."""

    code = "invalid_credentials"
    words: ClassVar = {
        "en": "Username, e-mail address or password are wrong.",
        "es": "El usuario, el correo o la contraseña no son correctos.",
        "fr": "Le pseudo, l'adresse e-mail ou le mot de passe est incorrect.",
        "de": "Benutzername, E-Mail-Adresse oder Passwort stimmen nicht.",
    }


class InvalidRefreshToken(Unauthorized):
    """401: unknown, expired, or its session has ended."""

    code = "invalid_refresh_token"
    words: ClassVar = {
        "en": "This refresh token is not valid; sign in again.",
        "es": "Este token de renovación no es válido; inicia sesión de nuevo.",
        "fr": "Ce jeton de renouvellement n'est pas valide ; reconnectez-vous.",
        "de": "Dieses Erneuerungstoken ist nicht gültig; melden Sie sich neu an.",
    }


class RefreshTokenReused(Unauthorized):
    """401: a spent token came again, so somebody else may have it; the session is ended."""

    code = "refresh_token_reused"
    keeps_changes = True
    words: ClassVar = {
        "en": "This refresh token was used before; its session has been ended. Sign in again.",
        "es": "Este token de renovación ya se usó; la sesión se ha cerrado. Inicia sesión.",
        "fr": "Ce jeton de renouvellement a déjà servi ; la session est close. Reconnectez-vous.",
        "de": "Dieses Erneuerungstoken war verbraucht; die Sitzung ist beendet. Bitte anmelden.",
    }
