"""Which passwords are accepted: long enough, hard to guess, and not about the member.

No composition rules (NIST SP 800-63B); zxcvbn estimates how many guesses a password takes.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Final

from pydantic import StringConstraints
from zxcvbn import zxcvbn  # type: ignore[import-untyped]

from marquee_shared.problems import FieldError, Invalid
from marquee_shared.slugs import fold

SHORTEST: Final = 10
LONGEST: Final = 128
GOOD_SCORE: Final = 3
"""Of 0 to 4: at least 10^8 guesses."""
ESTIMATED_LENGTH: Final = 72
"""zxcvbn's own bound: its time grows with the square of the length."""
PERSONAL_LENGTH: Final = 4

NewPassword = Annotated[str, StringConstraints(min_length=SHORTEST, max_length=LONGEST)]

WORDS: Final = {
    "password_personal": {
        "en": "The password contains your name, username or e-mail address.",
        "es": "La contraseña contiene tu nombre, tu usuario o tu correo.",
        "fr": "Le mot de passe contient votre nom, votre pseudo ou votre adresse e-mail.",
        "de": "Das Passwort enthält Ihren Namen, Benutzernamen oder Ihre E-Mail-Adresse.",
    },
    "password_common": {
        "en": "This is one of the most used passwords.",
        "es": "Es una de las contraseñas más usadas.",
        "fr": "C'est l'un des mots de passe les plus utilisés.",
        "de": "Das ist eines der meistbenutzten Passwörter.",
    },
    "password_keyboard": {
        "en": "Rows of keys are easy to guess.",
        "es": "Las teclas seguidas son fáciles de adivinar.",
        "fr": "Les suites de touches sont faciles à deviner.",
        "de": "Tastenreihen sind leicht zu erraten.",
    },
    "password_repeats": {
        "en": "Repeats and sequences such as aaa, abcabc or 1234 are easy to guess.",
        "es": "Repeticiones y series como aaa, abcabc o 1234 son fáciles de adivinar.",
        "fr": "Les répétitions et suites comme aaa, abcabc ou 1234 sont faciles à deviner.",
        "de": "Wiederholungen und Folgen wie aaa, abcabc oder 1234 sind leicht zu erraten.",
    },
    "password_date": {
        "en": "Dates and years are easy to guess.",
        "es": "Las fechas y los años son fáciles de adivinar.",
        "fr": "Les dates et années sont faciles à deviner.",
        "de": "Daten und Jahreszahlen sind leicht zu erraten.",
    },
    "password_weak": {
        "en": "This password is easy to guess; add another uncommon word or two.",
        "es": "Esta contraseña es fácil de adivinar; añade una o dos palabras poco comunes.",
        "fr": "Ce mot de passe est facile à deviner ; ajoutez un ou deux mots rares.",
        "de": "Dieses Passwort ist leicht zu erraten; fügen Sie ein, zwei seltene Wörter hinzu.",
    },
}  # fmt: skip

CODES: Final = {
    "spatial": "password_keyboard",
    "repeat": "password_repeats",
    "sequence": "password_repeats",
    "date": "password_date",
    "regex": "password_date",
}


def find_weakness(password: str, personal: Iterable[str | None]) -> str | None:
    """Return the code of what is wrong with a password, or None. Blocking: milliseconds of CPU."""
    words = {
        part
        for item in personal
        if item
        for part in (fold(item), *fold(item).partition("@")[0].split())
        if len(part) >= PERSONAL_LENGTH
    }
    folded = fold(password)
    if any(word in folded for word in words):
        return "password_personal"
    estimate: dict[str, Any] = zxcvbn(password[:ESTIMATED_LENGTH], [*words, "marquee"])
    if estimate["score"] >= GOOD_SCORE:
        return None
    longest = max(estimate["sequence"], key=lambda match: len(match["token"]))
    if longest["pattern"] == "dictionary":
        whole = len(longest["token"]) == len(password)
        return "password_common" if whole else "password_weak"
    return CODES.get(longest["pattern"], "password_weak")


def weak_password(code: str, pointer: str, language: str) -> Invalid:
    """Return the refusal of a password, saying what is wrong with it."""
    return Invalid(errors=[FieldError(pointer=pointer, code=code, detail=WORDS[code][language])])
