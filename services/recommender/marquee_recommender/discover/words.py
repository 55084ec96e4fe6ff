"""What a search says of itself, in every language."""

from collections.abc import Mapping
from typing import Any, Final

from marquee_recommender.movies.catalog import Catalog
from marquee_recommender.recommendations.words import Words, say

FOUND: Final[Words] = {
    "en": "Here is what fits best: {what}.",
    "es": "Esto es lo que mejor encaja: {what}.",
    "fr": "Voici ce qui convient le mieux : {what}.",
    "de": "Das passt am besten: {what}.",
}
MEANT: Final[Words] = {
    "en": "I looked for films that come close to what you wrote.",
    "es": "He buscado películas cercanas a lo que escribiste.",
    "fr": "J'ai cherché des films proches de ce que vous avez écrit.",
    "de": "Ich habe Filme gesucht, die deinen Worten nahekommen.",
}
NOTHING: Final[Words] = {
    "en": "Nothing in the catalog fits that. Try fewer filters.",
    "es": "Nada en el catálogo encaja. Prueba con menos filtros.",
    "fr": "Rien dans le catalogue ne correspond. Essayez avec moins de filtres.",
    "de": "Nichts im Katalog passt dazu. Versuche es mit weniger Filtern.",
}
LIKE: Final[Words] = {"en": "like {what}", "es": "como {what}", "fr": "comme {what}",
                      "de": "wie {what}"}  # fmt: skip
WITHOUT: Final[Words] = {"en": "without {what}", "es": "sin {what}", "fr": "sans {what}",
                         "de": "ohne {what}"}  # fmt: skip
WITH: Final[Words] = {"en": "with {what}", "es": "con {what}", "fr": "avec {what}",
                      "de": "mit {what}"}  # fmt: skip
ON: Final[Words] = {"en": "on {what}", "es": "en {what}", "fr": "sur {what}",
                    "de": "auf {what}"}  # fmt: skip
SINCE: Final[Words] = {"en": "since {what}", "es": "desde {what}", "fr": "depuis {what}",
                       "de": "seit {what}"}  # fmt: skip
UNTIL: Final[Words] = {"en": "until {what}", "es": "hasta {what}", "fr": "jusqu'à {what}",
                       "de": "bis {what}"}  # fmt: skip
MINUTES: Final[Words] = {"en": "at most {what} minutes", "es": "{what} minutos como máximo",
                         "fr": "{what} minutes au plus",
                         "de": "höchstens {what} Minuten"}  # fmt: skip
FRIENDS: Final[Words] = {"en": "your friends' favourites first",
                         "es": "primero las favoritas de tus amigos",
                         "fr": "d'abord les préférés de vos amis",
                         "de": "zuerst, was deine Freunde mögen"}  # fmt: skip
GENRE: Final[Words] = {"en": "{name}, as you asked", "es": "{name}, como pediste",
                       "fr": "{name}, comme demandé", "de": "{name}, wie gewünscht"}  # fmt: skip


def reply(understood: Mapping[str, Any], items: int, catalog: Catalog, language: str) -> str:
    """Return a sentence on what was looked for; names are the catalog's."""
    if not items:
        return say(NOTHING, language)

    def named(kind: str, slugs: list[str]) -> str:
        labels = catalog.labels.get(kind, {})
        known = (labels.get(slug) for slug in slugs)
        return ", ".join(
            label["name"] if label else slug for label, slug in zip(known, slugs, strict=True)
        )

    said: list[str] = []
    for field, kind, words in (
        ("genres", "genre", None),
        ("without_genres", "genre", WITHOUT),
        ("tags", "tag", None),
        ("people", "director", WITH),
        ("platforms", "platform", ON),
    ):
        if slugs := understood.get(field):
            if field == "people":
                actors = catalog.labels.get("actor", {})
                slugs = [actors[slug]["name"] if slug in actors else slug for slug in slugs]
            what = named(kind, slugs)
            said.append(say(words, language, what=what) if words else what)
    rows = [catalog.find(slug) for slug in understood.get("like", ())]
    if titles := [catalog.films[row].title_in(language) for row in rows if row is not None]:
        said.append(say(LIKE, language, what=", ".join(titles)))
    low, high = understood.get("year_from"), understood.get("year_to")
    if low and high:
        said.append(f"{low}" if low == high else f"{low}\u2013{high}")
    elif low or high:
        said.append(say(SINCE if low else UNTIL, language, what=low or high))
    if minutes := understood.get("max_runtime"):
        said.append(say(MINUTES, language, what=minutes))
    if understood.get("with_friends"):
        said.append(say(FRIENDS, language))
    return say(FOUND, language, what=", ".join(said)) if said else say(MEANT, language)
