"""What can be wrong with a model."""

from typing import ClassVar

from marquee_shared.problems import Conflict, NotFound


class ModelNotFound(NotFound):
    """404."""

    code = "model_not_found"
    words: ClassVar = {
        "en": "There is no model {version}.",
        "es": "No existe el modelo {version}.",
        "fr": "Le modèle {version} n'existe pas.",
        "de": "Es gibt kein Modell {version}.",
    }


class ModelBroken(Conflict):
    """409: its artifact is missing, incomplete or was changed; what ranks now stays."""

    code = "model_broken"
    words: ClassVar = {
        "en": "The artifact of model {version} cannot be trusted: {why}.",
        "es": "El artefacto del modelo {version} no es fiable: {why}.",
        "fr": "L'artefact du modèle {version} n'est pas fiable : {why}.",
        "de": "Dem Artefakt von Modell {version} ist nicht zu trauen: {why}.",
    }


class NoModel(Conflict):
    """409: nothing has been trained yet."""

    code = "no_model"
    words: ClassVar = {
        "en": "No model has been trained yet.",
        "es": "Todavía no se ha entrenado ningún modelo.",
        "fr": "Aucun modèle n'a encore été entraîné.",
        "de": "Es wurde noch kein Modell trainiert.",
    }
