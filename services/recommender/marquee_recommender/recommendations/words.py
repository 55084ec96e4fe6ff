"""What reasons and obstacles say, in every language."""

from collections.abc import Mapping
from typing import Any, Final

Words = Mapping[str, str]

RATED: Final[Words] = {
    "en": "Because you rated {title} {value}",
    "es": "Porque le diste un {value} a {title}",
    "fr": "Parce que vous avez noté {title} {value}",
    "de": "Weil du {title} mit {value} bewertet hast",
}
LIKED: Final[Words] = {
    "en": "Because you liked {title}",
    "es": "Porque te gustó {title}",
    "fr": "Parce que vous avez aimé {title}",
    "de": "Weil dir {title} gefallen hat",
}
WATCHED: Final[Words] = {
    "en": "Because you watched {title}",
    "es": "Porque viste {title}",
    "fr": "Parce que vous avez vu {title}",
    "de": "Weil du {title} gesehen hast",
}
NAMED: Final[Mapping[str, Words]] = {
    "director": {
        "en": "Directed by {name}",
        "es": "Dirigida por {name}",
        "fr": "Réalisé par {name}",
        "de": "Regie: {name}",
    },
    "actor": {
        "en": "With {name}",
        "es": "Con {name}",
        "fr": "Avec {name}",
        "de": "Mit {name}",
    },
    "genre": {
        "en": "A genre you like: {name}",
        "es": "Un género que te gusta: {name}",
        "fr": "Un genre que vous aimez : {name}",
        "de": "Ein Genre, das dir gefällt: {name}",
    },
    "tag": {
        "en": "A theme you like: {name}",
        "es": "Un tema que te gusta: {name}",
        "fr": "Un thème que vous aimez : {name}",
        "de": "Ein Thema, das dir gefällt: {name}",
    },
}
FOLLOWED: Final[Mapping[str, Words]] = {
    "director": {
        "en": "Directed by {name}, whom you follow",
        "es": "Dirigida por {name}, a quien sigues",
        "fr": "Réalisé par {name}, que vous suivez",
        "de": "Regie: {name}, du folgst ihr oder ihm",
    },
    "actor": {
        "en": "With {name}, whom you follow",
        "es": "Con {name}, a quien sigues",
        "fr": "Avec {name}, que vous suivez",
        "de": "Mit {name}, du folgst ihr oder ihm",
    },
}
FRIEND: Final[Words] = {
    "en": "{name} rated it 4 or more",
    "es": "{name} le dio 4 o más",
    "fr": "{name} lui a donné 4 ou plus",
    "de": "{name} hat ihn mit 4 oder mehr bewertet",
}
FRIENDS: Final[Words] = {
    "en": "{count} friends rated it 4 or more",
    "es": "{count} amigos le dieron 4 o más",
    "fr": "{count} amis lui ont donné 4 ou plus",
    "de": "{count} Freunde haben ihn mit 4 oder mehr bewertet",
}
PLATFORM: Final[Words] = {
    "en": "On {name}, which you chose",
    "es": "En {name}, que elegiste",
    "fr": "Sur {name}, que vous avez choisi",
    "de": "Auf {name}, das du gewählt hast",
}
COUNTRY: Final[Words] = {
    "en": "From your country",
    "es": "De tu país",
    "fr": "De votre pays",
    "de": "Aus deinem Land",
}
SIMILAR: Final[Words] = {
    "en": "Like {title}",
    "es": "Parecida a {title}",
    "fr": "Proche de {title}",
    "de": "Ähnlich wie {title}",
}
GENRE_WINDOWS: Final[Words] = {
    "en": "{name}: popular this week",
    "es": "{name}: popular esta semana",
    "fr": "{name} : populaire cette semaine",
    "de": "{name}: diese Woche beliebt",
}
TASTE: Final[Words] = {
    "en": "From the genres you chose",
    "es": "De los géneros que elegiste",
    "fr": "Parmi les genres que vous avez choisis",
    "de": "Aus den Genres, die du gewählt hast",
}
FITS: Final[Words] = {
    "en": "It fits what you like",
    "es": "Encaja con lo que te gusta",
    "fr": "Il correspond à vos goûts",
    "de": "Passt zu dem, was du magst",
}
POPULAR: Final[Words] = {
    "en": "Popular with members",
    "es": "Popular entre los miembros",
    "fr": "Populaire auprès des membres",
    "de": "Beliebt bei den Mitgliedern",
}
LATELY: Final[Words] = {
    "en": "Popular this month",
    "es": "Popular este mes",
    "fr": "Populaire ce mois-ci",
    "de": "Diesen Monat beliebt",
}
LATEST_RATINGS: Final[Words] = {
    "en": "Popular in the latest ratings",
    "es": "Popular en las últimas valoraciones",
    "fr": "Populaire dans les dernières notes",
    "de": "Beliebt in den neuesten Bewertungen",
}
WINDOWS: Final[Mapping[str, Words]] = {
    "day": {
        "en": "Popular today",
        "es": "Popular hoy",
        "fr": "Populaire aujourd'hui",
        "de": "Heute beliebt",
    },
    "week": {
        "en": "Popular this week",
        "es": "Popular esta semana",
        "fr": "Populaire cette semaine",
        "de": "Diese Woche beliebt",
    },
    "month": LATELY,
}
OBSTACLES: Final[Mapping[str, Words]] = {
    "rated": {
        "en": "You have rated it.",
        "es": "Ya la has valorado.",
        "fr": "Vous l'avez déjà noté.",
        "de": "Du hast ihn schon bewertet.",
    },
    "seen": {
        "en": "You have seen it.",
        "es": "Ya la has visto.",
        "fr": "Vous l'avez déjà vu.",
        "de": "Du hast ihn schon gesehen.",
    },
    "disliked": {
        "en": "You said you dislike it.",
        "es": "Dijiste que no te gusta.",
        "fr": "Vous avez dit ne pas l'aimer.",
        "de": "Du hast gesagt, dass er dir nicht gefällt.",
    },
    "not_interested": {
        "en": "You said it does not interest you.",
        "es": "Dijiste que no te interesa.",
        "fr": "Vous avez dit qu'il ne vous intéresse pas.",
        "de": "Du hast gesagt, dass er dich nicht interessiert.",
    },
    "watching": {
        "en": "You have begun to watch it.",
        "es": "Ya has empezado a verla.",
        "fr": "Vous avez commencé à le regarder.",
        "de": "Du hast angefangen, ihn anzusehen.",
    },
    "filtered": {
        "en": "Your filters leave it out.",
        "es": "Tus filtros la excluyen.",
        "fr": "Vos filtres l'excluent.",
        "de": "Deine Filter schließen ihn aus.",
    },
    "unreleased": {
        "en": "It is not out yet.",
        "es": "Todavía no se ha estrenado.",
        "fr": "Il n'est pas encore sorti.",
        "de": "Er ist noch nicht erschienen.",
    },
    "not_in_model": {
        "en": "It is newer than the present model and will be ranked by the next.",
        "es": "Es más reciente que el modelo actual; el próximo la tendrá en cuenta.",
        "fr": "Il est plus récent que le modèle actuel ; le prochain le classera.",
        "de": "Er ist neuer als das jetzige Modell; das nächste wird ihn einordnen.",
    },
    "ranked_low": {
        "en": "Other films fit you better: it is number {position}.",
        "es": "Otras películas encajan mejor contigo: ocupa el puesto {position}.",
        "fr": "D'autres films vous conviennent mieux : il est numéro {position}.",
        "de": "Andere Filme passen besser zu dir: Er steht auf Platz {position}.",
    },
}


def say(words: Words, language: str, **values: Any) -> str:
    """Fill a sentence in a language."""
    return (words.get(language) or words["en"]).format_map(values)
