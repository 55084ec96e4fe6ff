"""What mails say, in each language."""

from dataclasses import dataclass
from html import escape
from typing import Final


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, ready but for sender and recipient."""

    language: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class CodeWords:
    """The sentences of a mail that carries a code."""

    subject: str
    greeting: str
    before: str
    after: str
    ignore: str


VERIFICATION: Final = {
    "en": CodeWords(
        subject="Confirm your e-mail address for Marquee",
        greeting="Hello {name},",
        before="this code confirms your e-mail address:",
        after="It is valid for 15 minutes and works once.",
        ignore="If you did not sign up for Marquee, please ignore this mail.",
    ),
    "es": CodeWords(
        subject="Confirma tu correo electrónico en Marquee",
        greeting="Hola, {name}:",
        before="este código confirma tu dirección de correo:",
        after="Es válido durante 15 minutos y funciona una sola vez.",
        ignore="Si no te has registrado en Marquee, ignora este mensaje.",
    ),
    "fr": CodeWords(
        subject="Confirmez votre adresse e-mail pour Marquee",
        greeting="Bonjour {name},",
        before="ce code confirme votre adresse e-mail :",
        after="Il est valable 15 minutes et ne sert qu'une fois.",
        ignore="Si vous ne vous êtes pas inscrit à Marquee, ignorez ce message.",
    ),
    "de": CodeWords(
        subject="Bestätigen Sie Ihre E-Mail-Adresse für Marquee",
        greeting="Hallo {name},",
        before="dieser Code bestätigt Ihre E-Mail-Adresse:",
        after="Er gilt 15 Minuten lang und nur einmal.",
        ignore="Falls Sie sich nicht bei Marquee angemeldet haben, ignorieren Sie diese Mail.",
    ),
}

HTML: Final = """\
<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><title>{subject}</title></head>
<body style="font-family: sans-serif; max-width: 32em; margin: 2em auto; color: black">
<p>{greeting}</p>
<p>{before}</p>
<p style="font-size: 2em; letter-spacing: 0.2em; font-weight: bold">{code}</p>
<p>{after}</p>
<p style="color: gray">{ignore}</p>
</body>
</html>
"""


def verification_mail(language: str, *, name: str, code: str) -> Mail:
    """Return the mail that brings the code for an address."""
    words = VERIFICATION[language]
    greeting = words.greeting.format(name=name)
    text = "\n\n".join((greeting, words.before, f"    {code}", words.after, words.ignore)) + "\n"
    html = HTML.format(
        language=language,
        subject=escape(words.subject),
        greeting=escape(greeting),
        before=escape(words.before),
        code=code,
        after=escape(words.after),
        ignore=escape(words.ignore),
    )
    return Mail(language, words.subject, text, html)
