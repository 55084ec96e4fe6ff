"""What can be wrong with a change of what has a past."""

from typing import ClassVar

from marquee_shared.problems import Conflict


class SlugTaken(Conflict):
    """409: a slug names one thing, now and in former times."""

    code = "slug_taken"
    words: ClassVar = {
        "en": "Another one has this slug, or had it.",
        "es": "Otro elemento tiene o tuvo este identificador.",
        "fr": "Un autre élément porte ou portait cet identifiant.",
        "de": "Diese Kennung hat oder hatte schon etwas anderes.",
    }
