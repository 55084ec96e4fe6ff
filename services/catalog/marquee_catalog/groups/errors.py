"""What can be wrong with a request about groups."""

from typing import ClassVar

from marquee_shared.problems import Conflict, NotFound


class GroupNotFound(NotFound):
    """404."""

    code = "group_not_found"
    words: ClassVar = {
        "en": "There is no such group.",
        "es": "No existe ese grupo.",
        "fr": "Ce groupe n'existe pas.",
        "de": "Diese Gruppe gibt es nicht.",
    }


class GroupExists(Conflict):
    """409: another group has this slug."""

    code = "group_exists"
    words: ClassVar = {
        "en": "There is a group {slug} already.",
        "es": "Ya existe un grupo {slug}.",
        "fr": "Un groupe {slug} existe déjà.",
        "de": "Eine Gruppe {slug} gibt es schon.",
    }
