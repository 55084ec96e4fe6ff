"""Reasons in words: the engine's contributions, said in the caller's language."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from marquee_recommender import engine
from marquee_recommender.movies.catalog import Catalog

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
TASTE: Final[Words] = {
    "en": "From the genres you chose",
    "es": "De los géneros que elegiste",
    "fr": "Parmi les genres que vous avez choisis",
    "de": "Aus den Genres, die du gewählt hast",
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
DIGITS = 10_000


def say(words: Words, language: str, **values: Any) -> str:
    """Fill a sentence in a language."""
    return (words.get(language) or words["en"]).format_map(values)


def rating_text(value: float, language: str) -> str:
    """Write a rating as people do: `4`, `4.5`, in some languages `4,5`."""
    text = f"{value:g}"
    return text if language == "en" else text.replace(".", ",")


def rounded(share: float) -> float:
    """Round a share down, so that the parts never sum to more than the whole."""
    return math.floor(share * DIGITS) / DIGITS


def explained_by(reasons: Sequence[Mapping[str, Any]]) -> float:
    """Return the share that reasons account for: never below the sum a reader makes of them."""
    total: float = sum(reason["weight"] for reason in reasons)
    shown = round(total, 4)
    return min(1.0, shown if shown >= total else round(shown + 1 / DIGITS, 4))


class Teller:
    """Says one member's reasons in one language."""

    def __init__(
        self,
        catalog: Catalog,
        events: Sequence[engine.Event],
        language: str,
        *,
        data_is_fresh: bool,
    ) -> None:
        self._catalog = catalog
        self._language = language
        self._by_film: dict[Any, list[engine.Event]] = {}
        for event in events:
            self._by_film.setdefault(event.item, []).append(event)
        self._trending = LATELY if data_is_fresh else LATEST_RATINGS

    def tell(self, reasons: Sequence[engine.Reason]) -> tuple[float, list[dict[str, Any]]]:
        """Return the explained share and the reasons as the API shows them."""
        told = [said for reason in reasons if (said := self._say(reason)) is not None]
        return explained_by(told), told

    def _say(self, reason: engine.Reason) -> dict[str, Any] | None:
        weight = rounded(reason.share)
        if reason.kind == "because_you_rated":
            return self._film(reason, weight)
        if reason.kind in NAMED:
            label = self._catalog.labels.get(reason.kind, {}).get(reason.subject)
            if label is None:
                return None  # the catalog no longer knows it
            text = say(NAMED[reason.kind], self._language, name=label["name"])
            member = "person" if reason.kind in ("director", "actor") else reason.kind
            return {"kind": reason.kind, "text": text, "weight": weight, member: label}
        words = {"popular": POPULAR, "trending": self._trending, "taste": TASTE}.get(reason.kind)
        if words is None:
            return None
        return {"kind": reason.kind, "text": say(words, self._language), "weight": weight}

    def _film(self, reason: engine.Reason, weight: float) -> dict[str, Any] | None:
        row = self._catalog.row_of.get(reason.subject)
        if row is None or not self._catalog.films[row].slug:
            return None  # the film was deleted: nothing of it is shown
        film = self._catalog.films[row]
        title = film.title_in(self._language)
        events = {event.kind: event for event in self._by_film.get(reason.subject, ())}
        rating = events.get("rating")
        if rating is not None and rating.value is not None:
            value = rating_text(rating.value, self._language)
            text = say(RATED, self._language, title=title, value=value)
        else:
            text = say(LIKED if "like" in events else WATCHED, self._language, title=title)
        return {
            "kind": "because_you_rated",
            "text": text,
            "weight": weight,
            "movie": film.summary(self._language),
        }
