"""Errors about lists."""

from typing import ClassVar

from marquee_shared.problems import Conflict, NotFound


class ListNotFound(NotFound):
    """404: there is no such list, or not for this caller."""

    code = "list_not_found"
    words: ClassVar = {
        "en": "There is no such list.",
        "es": "No existe esa lista.",
        "fr": "Cette liste n'existe pas.",
        "de": "Diese Liste gibt es nicht.",
    }


class ListNameTaken(Conflict):
    """409: the member has a list of this name."""

    code = "list_name_taken"
    words: ClassVar = {
        "en": "You already have a list of this name.",
        "es": "Ya tienes una lista con ese nombre.",
        "fr": "Vous avez déjà une liste de ce nom.",
        "de": "Du hast schon eine Liste dieses Namens.",
    }


class WatchlistStays(Conflict):
    """409: the watchlist can be neither deleted nor renamed."""

    code = "watchlist_stays"
    words: ClassVar = {
        "en": "The watchlist can be neither deleted nor renamed.",
        "es": "La lista de pendientes no se puede borrar ni renombrar.",
        "fr": "La liste à voir ne peut être ni supprimée ni renommée.",
        "de": "Die Merkliste kann weder gelöscht noch umbenannt werden.",
    }


class ListFull(Conflict):
    """409: the list holds as many films as it may."""

    code = "list_full"
    words: ClassVar = {
        "en": "A list holds at most {most} movies.",
        "es": "Una lista contiene como máximo {most} películas.",
        "fr": "Une liste contient au plus {most} films.",
        "de": "Eine Liste fasst höchstens {most} Filme.",
    }


class TooManyLists(Conflict):
    """409: the member has as many lists as they may."""

    code = "too_many_lists"
    words: ClassVar = {
        "en": "You can have at most {most} lists.",
        "es": "Puedes tener como máximo {most} listas.",
        "fr": "Vous pouvez avoir au plus {most} listes.",
        "de": "Du kannst höchstens {most} Listen haben.",
    }
