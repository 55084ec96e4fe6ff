"""What can be wrong with an experiment."""

from typing import ClassVar

from marquee_shared.problems import Conflict, NotFound


class ExperimentNotFound(NotFound):
    """404."""

    code = "experiment_not_found"
    words: ClassVar = {
        "en": "There is no experiment {key}.",
        "es": "No existe el experimento {key}.",
        "fr": "L'expérience {key} n'existe pas.",
        "de": "Es gibt kein Experiment {key}.",
    }


class ExperimentExists(Conflict):
    """409: keys are unique."""

    code = "experiment_exists"
    words: ClassVar = {
        "en": "There is an experiment {key} already.",
        "es": "Ya existe un experimento {key}.",
        "fr": "Il existe déjà une expérience {key}.",
        "de": "Es gibt schon ein Experiment {key}.",
    }


class ExperimentRunning(Conflict):
    """409: one at a time, or nobody could tell whose effect an outcome is."""

    code = "experiment_running"
    words: ClassVar = {
        "en": "Another experiment is running; pause or end it first.",
        "es": "Hay otro experimento en curso; páusalo o termínalo antes.",
        "fr": "Une autre expérience est en cours ; suspendez-la ou terminez-la d'abord.",
        "de": "Ein anderes Experiment läuft; zuerst ist es anzuhalten oder zu beenden.",
    }


class StateConflict(Conflict):
    """409: no way leads from the one state to the other."""

    code = "invalid_transition"
    words: ClassVar = {
        "en": "An experiment that is {state} cannot become {wanted}.",
        "es": "Un experimento en estado {state} no puede pasar a {wanted}.",
        "fr": "Une expérience à l'état {state} ne peut pas passer à {wanted}.",
        "de": "Ein Experiment im Zustand {state} kann nicht {wanted} werden.",
    }


class ExperimentStarted(Conflict):
    """409: what members were shown is what is compared."""

    code = "experiment_started"
    words: ClassVar = {
        "en": "Once started, {field} cannot be changed: the comparison would be spoilt.",
        "es": "Una vez iniciado, no se puede cambiar {field}: se estropearía la comparación.",
        "fr": "Une fois commencée, {field} ne peut plus changer : la comparaison serait faussée.",
        "de": "Nach dem Beginn bleibt {field}, wie es ist: Der Vergleich wäre sonst verdorben.",
    }


class UserNotFound(NotFound):
    """404."""

    code = "user_not_found"
    words: ClassVar = {
        "en": "There is no member {user}.",
        "es": "No existe el miembro {user}.",
        "fr": "Le membre {user} n'existe pas.",
        "de": "Es gibt kein Mitglied {user}.",
    }
