"""What can be wrong with a request about films."""

from typing import ClassVar

from marquee_shared.problems import Conflict, NotFound


class MovieNotFound(NotFound):
    """404."""

    code = "movie_not_found"
    words: ClassVar = {
        "en": "There is no such film.",
        "es": "No existe esa película.",
        "fr": "Ce film n'existe pas.",
        "de": "Diesen Film gibt es nicht.",
    }


class ExternalIdTaken(Conflict):
    """409: a foreign id can name only one film."""

    code = "external_id_taken"
    words: ClassVar = {
        "en": "Another film has this foreign id.",
        "es": "Otra película tiene ya este identificador externo.",
        "fr": "Un autre film porte déjà cet identifiant externe.",
        "de": "Ein anderer Film hat diese fremde Kennung schon.",
    }
