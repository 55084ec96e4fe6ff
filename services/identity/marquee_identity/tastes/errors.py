"""Errors of tastes."""

from typing import ClassVar

from marquee_shared.problems import Conflict, Invalid, NotFound


class PersonNotFound(NotFound):
    """404."""

    code = "person_not_found"
    words: ClassVar = {
        "en": "There is no such person.",
        "es": "No existe esa persona.",
        "fr": "Cette personne n'existe pas.",
        "de": "Diese Person gibt es nicht.",
    }


class UnknownSlugs(Invalid):
    """422: `errors` names each, with `unknown_genre`, `unknown_platform` and so on."""

    code = "unknown_slugs"
    words: ClassVar = {
        "en": "Some of what is named is not in the catalog.",
        "es": "Algo de lo nombrado no está en el catálogo.",
        "fr": "Certains noms ne figurent pas au catalogue.",
        "de": "Manches Genannte steht nicht im Katalog.",
    }


class FollowsTooMany(Conflict):
    """409."""

    code = "follows_too_many"
    words: ClassVar = {
        "en": "You follow {limit} people already.",
        "es": "Ya sigues a {limit} personas.",
        "fr": "Vous suivez déjà {limit} personnes.",
        "de": "Sie folgen schon {limit} Personen.",
    }
