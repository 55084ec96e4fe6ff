"""Errors about notifications."""

from typing import ClassVar

from marquee_shared.problems import NotFound, TooManyRequests


class NotificationNotFound(NotFound):
    """404."""

    code = "notification_not_found"
    words: ClassVar = {
        "en": "You have no such notification.",
        "es": "No tienes esa notificación.",
        "fr": "Vous n'avez pas cette notification.",
        "de": "Diese Benachrichtigung hast du nicht.",
    }


class TooManyStreams(TooManyRequests):
    """429: the member holds as many streams open as they may."""

    code = "too_many_streams"
    words: ClassVar = {
        "en": "You have too many streams open; try again in {seconds} s.",
        "es": "Tienes demasiados flujos abiertos; inténtalo de nuevo en {seconds} s.",
        "fr": "Trop de flux sont ouverts ; réessayez dans {seconds} s.",
        "de": "Zu viele offene Streams; in {seconds} s wieder versuchen.",
    }
