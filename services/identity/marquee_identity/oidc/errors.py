"""Errors of signing in by a provider."""

from typing import ClassVar

from marquee_shared.problems import BadGateway, Conflict, Forbidden, Invalid, NotFound


class ProviderNotConfigured(NotFound):
    """404: this deployment has no provider."""

    code = "provider_not_configured"
    words: ClassVar = {
        "en": "Signing in by Google is not set up here.",
        "es": "El acceso con Google no está configurado aquí.",
        "fr": "La connexion par Google n'est pas configurée ici.",
        "de": "Die Anmeldung über Google ist hier nicht eingerichtet.",
    }


class ProviderUnavailable(BadGateway):
    """502: the provider is out of reach or answers nonsense."""

    code = "provider_unavailable"
    words: ClassVar = {
        "en": "The sign-in provider does not answer as it should; try again.",
        "es": "El proveedor de acceso no responde como debe; inténtalo de nuevo.",
        "fr": "Le fournisseur de connexion ne répond pas correctement ; réessayez.",
        "de": "Der Anmeldedienst antwortet nicht, wie er soll; versuchen Sie es noch einmal.",
    }


class SignInRefused(Invalid):
    """422: state or code are unknown, used, too old, or another client's."""

    code = "sign_in_refused"
    words: ClassVar = {
        "en": "This sign-in cannot be completed; begin again.",
        "es": "Este acceso no se puede completar; empieza de nuevo.",
        "fr": "Cette connexion ne peut aboutir ; recommencez.",
        "de": "Diese Anmeldung lässt sich nicht abschließen; beginnen Sie von vorn.",
    }


class ProviderEmailNotVerified(Forbidden):
    """403: the provider does not vouch for the address."""

    code = "provider_email_not_verified"
    words: ClassVar = {
        "en": "Your provider has not confirmed your e-mail address.",
        "es": "Tu proveedor no ha confirmado tu correo electrónico.",
        "fr": "Votre fournisseur n'a pas confirmé votre adresse e-mail.",
        "de": "Ihr Anbieter hat Ihre E-Mail-Adresse nicht bestätigt.",
    }


class AccountNotVerified(Conflict):
    """409: whoever made the account has not shown that the address is theirs."""

    code = "account_not_verified"
    words: ClassVar = {
        "en": "An account with this address is not confirmed yet; confirm it, or reset its "
        "password, and try again.",
        "es": "Una cuenta con este correo aún no está confirmada; confírmala o restablece su "
        "contraseña e inténtalo de nuevo.",
        "fr": "Un compte avec cette adresse n'est pas encore confirmé ; confirmez-le, ou "
        "réinitialisez son mot de passe, et réessayez.",
        "de": "Ein Konto mit dieser Adresse ist noch nicht bestätigt; bestätigen Sie es oder "
        "setzen Sie sein Passwort zurück und versuchen Sie es noch einmal.",
    }


class OtherIdentityLinked(Conflict):
    """409: the account belongs to another identity at this provider."""

    code = "other_identity_linked"
    words: ClassVar = {
        "en": "Your account is linked to another identity at this provider.",
        "es": "Tu cuenta está vinculada a otra identidad de este proveedor.",
        "fr": "Votre compte est lié à une autre identité chez ce fournisseur.",
        "de": "Ihr Konto ist mit einer anderen Identität bei diesem Anbieter verbunden.",
    }
