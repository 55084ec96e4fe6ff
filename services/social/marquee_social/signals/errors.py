"""Errors about signals."""

from typing import ClassVar

from marquee_shared.problems import NotFound


class SignalNotFound(NotFound):
    """404."""

    code = "signal_not_found"
    words: ClassVar = {
        "en": "You have given no signal about this movie.",
        "es": "No has dado ninguna señal sobre esta película.",
        "fr": "Vous n'avez donné aucun signal sur ce film.",
        "de": "Du hast zu diesem Film kein Zeichen gegeben.",
    }
