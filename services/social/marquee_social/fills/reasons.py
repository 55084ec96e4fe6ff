"""What is said of a film that was chosen, in each language."""

from collections.abc import Mapping
from typing import Final

Words = Mapping[str, str]

JOBS: Final[Mapping[str, Words]] = {
    "director": {
        "en": "Directed by {name}",
        "es": "Dirigida por {name}",
        "fr": "Réalisé par {name}",
        "de": "Regie: {name}",
    },
    "actor": {"en": "With {name}", "es": "Con {name}", "fr": "Avec {name}", "de": "Mit {name}"},
    "writer": {
        "en": "Written by {name}",
        "es": "Escrita por {name}",
        "fr": "Écrit par {name}",
        "de": "Drehbuch: {name}",
    },
}
ONE_FRIEND: Final[Words] = {
    "en": "{name} rated it {value}",
    "es": "{name} le dio un {value}",
    "fr": "{name} l'a noté {value}",
    "de": "{name} hat ihm {value} gegeben",
}
FRIENDS: Final[Words] = {
    "en": "{name} and {others} more of the friends you chose rated it 4 or higher",
    "es": "{name} y {others} más de los amigos que elegiste le dieron 4 o más",
    "fr": "{name} et {others} autres des amis choisis l'ont noté 4 ou plus",
    "de": "{name} und {others} weitere der gewählten Freunde gaben ihm 4 oder mehr",
}
ONE_AWARD: Final[Words] = {
    "en": "Won an award",
    "es": "Ganó un premio",
    "fr": "A reçu un prix",
    "de": "Hat einen Preis gewonnen",
}
AWARDS: Final[Words] = {
    "en": "Won {count} awards",
    "es": "Ganó {count} premios",
    "fr": "A reçu {count} prix",
    "de": "Hat {count} Preise gewonnen",
}
POPULAR: Final[Words] = {
    "en": "Popular with members",
    "es": "Popular entre los miembros",
    "fr": "Populaire auprès des membres",
    "de": "Beliebt bei den Mitgliedern",
}


def say(words: Words, language: str, **values: object) -> str:
    """Return words in a language, their places filled."""
    return words.get(language, words["en"]).format(**values)
