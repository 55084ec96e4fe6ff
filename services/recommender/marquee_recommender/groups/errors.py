"""Who cannot be asked for."""

from typing import ClassVar

from marquee_shared.problems import Invalid


class NotYourFriend(Invalid):
    """422: no friend of the caller, or not there at all; which of both is not told."""

    code = "not_your_friend"
    words: ClassVar = {
        "en": "Films can only be picked with your friends.",
        "es": "Solo se pueden elegir películas con tus amigos.",
        "fr": "On ne peut choisir des films qu'avec ses amis.",
        "de": "Filme lassen sich nur mit deinen Freunden aussuchen.",
    }


class KeepsRatingsPrivate(Invalid):
    """422: a friend who lets nobody see what they rate."""

    code = "keeps_ratings_private"
    words: ClassVar = {
        "en": "A friend keeps their ratings private and cannot be part of the pick.",
        "es": "Un amigo mantiene privadas sus valoraciones y no puede participar.",
        "fr": "Un ami garde ses notes privées et ne peut pas participer au choix.",
        "de": "Ein Freund hält seine Bewertungen privat und kann nicht dabei sein.",
    }
