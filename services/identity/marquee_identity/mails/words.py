"""The sentences of mails, in each language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Common:
    """What several mails say."""

    greeting: str
    validity: str
    not_you: str
    time: str
    device: str
    address: str


@dataclass(frozen=True, slots=True)
class CodeWords:
    """The sentences of a mail that carries a code."""

    subject: str
    before: str
    ending: str


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """The sentences of a mail that tells what happened."""

    subject: str
    happened: str


@dataclass(frozen=True, slots=True)
class LeavingWords:
    """The sentences of the mail to a member who is leaving."""

    subject: str
    happened: str
    until: str
    receipt: str
    ending: str


COMMON: Final[Mapping[str, Common]] = {
    "en": Common(
        greeting="Hello {name},",
        validity="It is valid for 15 minutes and works once.",
        not_you="If this was not you, reset your password now: that signs everybody out.",
        time="When",
        device="Device",
        address="Address",
    ),
    "es": Common(
        greeting="Hola, {name}:",
        validity="Es válido durante 15 minutos y funciona una sola vez.",
        not_you="Si no has sido tú, restablece tu contraseña ahora: así se cierran las sesiones.",
        time="Cuándo",
        device="Dispositivo",
        address="Dirección",
    ),
    "fr": Common(
        greeting="Bonjour {name},",
        validity="Il est valable 15 minutes et ne sert qu'une fois.",
        not_you="Si ce n'était pas vous, réinitialisez le mot de passe : cela clôt les sessions.",
        time="Quand",
        device="Appareil",
        address="Adresse",
    ),
    "de": Common(
        greeting="Hallo {name},",
        validity="Er gilt 15 Minuten lang und nur einmal.",
        not_you="Waren Sie das nicht, setzen Sie jetzt Ihr Passwort zurück: das meldet alle ab.",
        time="Wann",
        device="Gerät",
        address="Adresse",
    ),
}

CODES: Final[Mapping[str, Mapping[str, CodeWords]]] = {
    "verify_email": {
        "en": CodeWords(
            subject="Confirm your e-mail address for Marquee",
            before="this code confirms your e-mail address:",
            ending="If you did not sign up for Marquee, please ignore this mail.",
        ),
        "es": CodeWords(
            subject="Confirma tu correo electrónico en Marquee",
            before="este código confirma tu dirección de correo:",
            ending="Si no te has registrado en Marquee, ignora este mensaje.",
        ),
        "fr": CodeWords(
            subject="Confirmez votre adresse e-mail pour Marquee",
            before="ce code confirme votre adresse e-mail :",
            ending="Si vous ne vous êtes pas inscrit à Marquee, ignorez ce message.",
        ),
        "de": CodeWords(
            subject="Bestätigen Sie Ihre E-Mail-Adresse für Marquee",
            before="dieser Code bestätigt Ihre E-Mail-Adresse:",
            ending="Falls Sie sich nicht bei Marquee angemeldet haben, ignorieren Sie diese Mail.",
        ),
    },
    "reset_password": {
        "en": CodeWords(
            subject="Reset your Marquee password",
            before="with this code you can choose a new password:",
            ending="If you did not ask for it, please ignore this mail: nothing has changed.",
        ),
        "es": CodeWords(
            subject="Restablece tu contraseña de Marquee",
            before="con este código puedes elegir una contraseña nueva:",
            ending="Si no lo has pedido, ignora este mensaje: no ha cambiado nada.",
        ),
        "fr": CodeWords(
            subject="Réinitialisez votre mot de passe Marquee",
            before="avec ce code vous pouvez choisir un nouveau mot de passe :",
            ending="Si vous ne l'avez pas demandé, ignorez ce message : rien n'a changé.",
        ),
        "de": CodeWords(
            subject="Setzen Sie Ihr Marquee-Passwort zurück",
            before="mit diesem Code können Sie ein neues Passwort wählen:",
            ending="Falls Sie das nicht wollten, ignorieren Sie diese Mail: nichts ist geändert.",
        ),
    },
    "change_email": {
        "en": CodeWords(
            subject="Confirm your new e-mail address for Marquee",
            before="this code makes this address the one of your account:",
            ending="If you did not ask for it, please ignore this mail.",
        ),
        "es": CodeWords(
            subject="Confirma tu nuevo correo electrónico en Marquee",
            before="este código convierte esta dirección en la de tu cuenta:",
            ending="Si no lo has pedido, ignora este mensaje.",
        ),
        "fr": CodeWords(
            subject="Confirmez votre nouvelle adresse e-mail pour Marquee",
            before="ce code fait de cette adresse celle de votre compte :",
            ending="Si vous ne l'avez pas demandé, ignorez ce message.",
        ),
        "de": CodeWords(
            subject="Bestätigen Sie Ihre neue E-Mail-Adresse für Marquee",
            before="dieser Code macht diese Adresse zu der Ihres Kontos:",
            ending="Falls Sie das nicht wollten, ignorieren Sie diese Mail.",
        ),
    },
}

NOTICES: Final[Mapping[str, Mapping[str, NoticeWords]]] = {
    "new_device": {
        "en": NoticeWords(
            "New sign-in to your Marquee account",
            "your account was signed in to from a device we have not seen before.",
        ),
        "es": NoticeWords(
            "Nuevo inicio de sesión en tu cuenta de Marquee",
            "se ha iniciado sesión en tu cuenta desde un dispositivo que no conocíamos.",
        ),
        "fr": NoticeWords(
            "Nouvelle connexion à votre compte Marquee",
            "une connexion à votre compte vient d'un appareil que nous ne connaissions pas.",
        ),
        "de": NoticeWords(
            "Neue Anmeldung bei Ihrem Marquee-Konto",
            "bei Ihrem Konto hat sich ein Gerät angemeldet, das wir noch nicht kannten.",
        ),
    },
    "password_changed": {
        "en": NoticeWords(
            "Your Marquee password was changed",
            "your password was changed, and your other sessions were ended.",
        ),
        "es": NoticeWords(
            "Tu contraseña de Marquee ha cambiado",
            "tu contraseña ha cambiado y se han cerrado tus demás sesiones.",
        ),
        "fr": NoticeWords(
            "Votre mot de passe Marquee a changé",
            "votre mot de passe a changé et vos autres sessions sont closes.",
        ),
        "de": NoticeWords(
            "Ihr Marquee-Passwort wurde geändert",
            "Ihr Passwort wurde geändert, Ihre anderen Sitzungen sind beendet.",
        ),
    },
    "password_reset": {
        "en": NoticeWords(
            "Your Marquee password was reset",
            "your password was reset with a code from a mail, and all sessions were ended.",
        ),
        "es": NoticeWords(
            "Tu contraseña de Marquee se ha restablecido",
            "tu contraseña se ha restablecido con un código y se han cerrado las sesiones.",
        ),
        "fr": NoticeWords(
            "Votre mot de passe Marquee a été réinitialisé",
            "votre mot de passe a été réinitialisé par un code et les sessions sont closes.",
        ),
        "de": NoticeWords(
            "Ihr Marquee-Passwort wurde zurückgesetzt",
            "Ihr Passwort wurde mit einem Code zurückgesetzt, alle Sitzungen sind beendet.",
        ),
    },
    "email_changed": {
        "en": NoticeWords(
            "The e-mail address of your Marquee account was changed",
            "your account has another e-mail address now; this one gets no more mails from us.",
        ),
        "es": NoticeWords(
            "Ha cambiado el correo de tu cuenta de Marquee",
            "tu cuenta tiene ahora otro correo; este ya no recibirá mensajes nuestros.",
        ),
        "fr": NoticeWords(
            "L'adresse e-mail de votre compte Marquee a changé",
            "votre compte a une autre adresse ; celle-ci ne recevra plus nos messages.",
        ),
        "de": NoticeWords(
            "Die E-Mail-Adresse Ihres Marquee-Kontos wurde geändert",
            "Ihr Konto hat jetzt eine andere Adresse; an diese schreiben wir nicht mehr.",
        ),
    },
    "refresh_token_reused": {
        "en": NoticeWords(
            "A session of your Marquee account was ended",
            "a spent token of one of your sessions was used again. Somebody may have copied it, "
            "so we ended that session.",
        ),
        "es": NoticeWords(
            "Se ha cerrado una sesión de tu cuenta de Marquee",
            "se ha vuelto a usar un token gastado de una de tus sesiones. Alguien puede haberlo "
            "copiado, así que hemos cerrado esa sesión.",
        ),
        "fr": NoticeWords(
            "Une session de votre compte Marquee a été close",
            "un jeton déjà utilisé d'une de vos sessions a resservi. Quelqu'un l'a peut-être "
            "copié : nous avons clos cette session.",
        ),
        "de": NoticeWords(
            "Eine Sitzung Ihres Marquee-Kontos wurde beendet",
            "ein verbrauchtes Token einer Ihrer Sitzungen wurde noch einmal benutzt. Vielleicht "
            "hat es jemand kopiert; wir haben die Sitzung beendet.",
        ),
    },
    "identity_linked": {
        "en": NoticeWords(
            "Your Marquee account can be signed in to by Google",
            "a Google account with your e-mail address was linked to your account.",
        ),
        "es": NoticeWords(
            "Ya se puede entrar en tu cuenta de Marquee con Google",
            "se ha vinculado a tu cuenta una cuenta de Google con tu correo.",
        ),
        "fr": NoticeWords(
            "Connexion à votre compte Marquee par Google",
            "un compte Google avec votre adresse a été lié à votre compte.",
        ),
        "de": NoticeWords(
            "Anmeldung bei Ihrem Marquee-Konto über Google",
            "ein Google-Konto mit Ihrer E-Mail-Adresse wurde mit Ihrem Konto verbunden.",
        ),
    },
    "roles_changed": {
        "en": NoticeWords(
            "Your roles at Marquee were changed",
            "an administrator has changed what you may do at Marquee.",
        ),
        "es": NoticeWords(
            "Tus funciones en Marquee han cambiado",
            "un administrador ha cambiado lo que puedes hacer en Marquee.",
        ),
        "fr": NoticeWords(
            "Vos rôles chez Marquee ont changé",
            "un administrateur a changé ce que vous pouvez faire chez Marquee.",
        ),
        "de": NoticeWords(
            "Ihre Rollen bei Marquee wurden geändert",
            "eine Verwalterin oder ein Verwalter hat geändert, was Sie bei Marquee dürfen.",
        ),
    },
    "application_authorized": {
        "en": NoticeWords(
            "An application may use your Marquee account",
            "an application was allowed to act in your name. Your applications are listed in your "
            "account, where you can withdraw this at any time.",
        ),
        "es": NoticeWords(
            "Una aplicación puede usar tu cuenta de Marquee",
            "se ha permitido a una aplicación actuar en tu nombre. En tu cuenta ves tus "
            "aplicaciones y puedes retirar el permiso cuando quieras.",
        ),
        "fr": NoticeWords(
            "Une application peut utiliser votre compte Marquee",
            "une application a été autorisée à agir en votre nom. Vos applications figurent dans "
            "votre compte, où vous pouvez retirer cette autorisation à tout moment.",
        ),
        "de": NoticeWords(
            "Eine Anwendung darf Ihr Marquee-Konto benutzen",
            "einer Anwendung wurde erlaubt, in Ihrem Namen zu handeln. Ihre Anwendungen stehen in "
            "Ihrem Konto; dort können Sie das jederzeit zurücknehmen.",
        ),
    },
}

LEAVING: Final[Mapping[str, LeavingWords]] = {
    "en": LeavingWords(
        "Your Marquee account will be erased",
        "you asked us to erase your account, and you are signed out everywhere. The receipt shows "
        "what each part of Marquee has removed; keep its address, nobody else has it.",
        "Erased after",
        "Receipt",
        "To come back, just sign in before then: everything stays as it was. If this was not you, "
        "sign in now and change your password.",
    ),
    "es": LeavingWords(
        "Tu cuenta de Marquee se borrará",
        "has pedido que borremos tu cuenta y se han cerrado todas tus sesiones. El recibo muestra "
        "lo que cada parte de Marquee ha borrado; guarda su dirección, nadie más la tiene.",
        "Se borra después del",
        "Recibo",
        "Para volver, inicia sesión antes: todo sigue como estaba. Si no has sido tú, inicia "
        "sesión ahora y cambia la contraseña.",
    ),
    "fr": LeavingWords(
        "Votre compte Marquee va être effacé",
        "vous avez demandé l'effacement de votre compte, et vous êtes déconnecté partout. Le reçu "
        "montre ce que chaque partie de Marquee a effacé ; gardez son adresse, vous seul l'avez.",
        "Effacé après le",
        "Reçu",
        "Pour revenir, connectez-vous avant : tout reste comme avant. Si ce n'était pas vous, "
        "connectez-vous maintenant et changez de mot de passe.",
    ),
    "de": LeavingWords(
        "Ihr Marquee-Konto wird gelöscht",
        "Sie haben uns gebeten, Ihr Konto zu löschen, und sind überall abgemeldet. Die Quittung "
        "zeigt, was jeder Teil von Marquee gelöscht hat; heben Sie ihre Adresse auf, niemand sonst "
        "hat sie.",
        "Gelöscht nach",
        "Quittung",
        "Um zurückzukommen, melden Sie sich einfach vorher an: alles bleibt, wie es war. Waren Sie "
        "das nicht, melden Sie sich jetzt an und ändern Sie Ihr Passwort.",
    ),
}
