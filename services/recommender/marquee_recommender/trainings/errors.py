"""What can be wrong with asking for a training."""

from typing import ClassVar

from marquee_shared.problems import Conflict


class TrainingRunning(Conflict):
    """409: one training at a time."""

    code = "training_running"
    words: ClassVar = {
        "en": "A training is waiting or running already.",
        "es": "Ya hay un entrenamiento en espera o en curso.",
        "fr": "Un entraînement est déjà en attente ou en cours.",
        "de": "Ein Training wartet oder läuft bereits.",
    }
