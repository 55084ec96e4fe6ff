"""What can be wrong with a picture from elsewhere."""

from typing import ClassVar

from marquee_shared.problems import BadGateway


class PictureNotFetched(BadGateway):
    """502: another site's picture could not be had; `reason` says why."""

    code = "picture_not_fetched"
    words: ClassVar = {
        "en": "The picture could not be fetched: {reason}.",
        "es": "No se pudo obtener la imagen: {reason}.",
        "fr": "L'image n'a pas pu être récupérée : {reason}.",
        "de": "Das Bild konnte nicht geholt werden: {reason}.",
    }
