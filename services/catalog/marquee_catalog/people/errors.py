"""What can be wrong with a request about people."""

from typing import ClassVar

from marquee_shared.problems import NotFound


class PersonNotFound(NotFound):
    """404."""

    code = "person_not_found"
    words: ClassVar = {
        "en": "There is no such person.",
        "es": "No existe esa persona.",
        "fr": "Cette personne n'existe pas.",
        "de": "Diese Person gibt es nicht.",
    }
