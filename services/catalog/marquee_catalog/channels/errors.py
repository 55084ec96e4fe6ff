"""What can be wrong with a request about channels and what they hold."""

from typing import ClassVar

from marquee_shared.problems import Conflict, NotFound


class ChannelNotFound(NotFound):
    """404."""

    code = "channel_not_found"
    words: ClassVar = {
        "en": "There is no such channel.",
        "es": "No existe ese canal.",
        "fr": "Cette chaîne n'existe pas.",
        "de": "Diesen Kanal gibt es nicht.",
    }


class PathTaken(Conflict):
    """409: slugs are unique among siblings."""

    code = "path_taken"
    words: ClassVar = {
        "en": "There is something else at {path} already.",
        "es": "Ya hay otra cosa en {path}.",
        "fr": "Il y a déjà autre chose à {path}.",
        "de": "Unter {path} liegt schon etwas anderes.",
    }


class ChannelHasContents(Conflict):
    """409: a channel holds either channels or contents."""

    code = "channel_has_contents"
    words: ClassVar = {
        "en": "The channel {path} has contents, so it takes no channels.",
        "es": "El canal {path} tiene contenidos y no admite canales.",
        "fr": "La chaîne {path} a des contenus et n'accepte pas de chaînes.",
        "de": "Der Kanal {path} hat Inhalte und nimmt keine Kanäle auf.",
    }


class ChannelHasChannels(Conflict):
    """409: contents sit in leaf channels only."""

    code = "channel_has_channels"
    words: ClassVar = {
        "en": "The channel {path} has channels, so it takes no contents.",
        "es": "El canal {path} tiene canales y no admite contenidos.",
        "fr": "La chaîne {path} a des chaînes et n'accepte pas de contenus.",
        "de": "Der Kanal {path} hat Kanäle und nimmt keine Inhalte auf.",
    }


class ChannelCycle(Conflict):
    """409: a channel cannot lie below itself."""

    code = "channel_cycle"
    words: ClassVar = {
        "en": "A channel cannot lie below itself.",
        "es": "Un canal no puede estar debajo de sí mismo.",
        "fr": "Une chaîne ne peut pas se trouver sous elle-même.",
        "de": "Ein Kanal kann nicht unter sich selbst liegen.",
    }


class ChannelNotEmpty(Conflict):
    """409: without `recursive=true` only an empty channel goes."""

    code = "channel_not_empty"
    words: ClassVar = {
        "en": "The channel is not empty; `recursive=true` deletes all below it too.",
        "es": "El canal no está vacío; `recursive=true` borra también lo que contiene.",
        "fr": "La chaîne n'est pas vide ; `recursive=true` supprime aussi ce qu'elle contient.",
        "de": "Der Kanal ist nicht leer; `recursive=true` löscht auch alles darunter.",
    }
