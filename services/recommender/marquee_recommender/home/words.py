"""The titles of rows."""

from collections.abc import Mapping
from typing import Final

from marquee_recommender.recommendations.words import Words

TITLES: Final[Mapping[str, Words]] = {
    "continue_watching": {
        "en": "Continue watching",
        "es": "Seguir viendo",
        "fr": "Reprendre la lecture",
        "de": "Weiterschauen",
    },
    "for_you": {
        "en": "For you",
        "es": "Para ti",
        "fr": "Pour vous",
        "de": "Für dich",
    },
    "friends_liked": {
        "en": "Your friends liked",
        "es": "A tus amigos les gustó",
        "fr": "Vos amis ont aimé",
        "de": "Das mögen deine Freunde",
    },
    "trending": {
        "en": "Trending",
        "es": "Tendencias",
        "fr": "Tendances",
        "de": "Im Trend",
    },
    "because_you_liked": {
        "en": "Because you liked {title}",
        "es": "Porque te gustó {title}",
        "fr": "Parce que vous avez aimé {title}",
        "de": "Weil dir {title} gefallen hat",
    },
    "by_genre": {
        "en": "{name} for you",
        "es": "{name} para ti",
        "fr": "{name} pour vous",
        "de": "{name} für dich",
    },
}
