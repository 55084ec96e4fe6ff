"""What is wrong with a field, in the caller's language.

Pydantic speaks English. Here stand its most common complaints in the other languages, by its
names for them (https://docs.pydantic.dev/latest/errors/validation_errors/); the values in braces
are those of its context. What is not here stays English.
"""

from collections.abc import Mapping
from typing import Any, Final

_NUMBER: Final = {
    "es": "Debe ser un número.",
    "fr": "Doit être un nombre.",
    "de": "Muss eine Zahl sein.",
}
_WHOLE_NUMBER: Final = {
    "es": "Debe ser un número entero.",
    "fr": "Doit être un nombre entier.",
    "de": "Muss eine ganze Zahl sein.",
}
_TRUTH: Final = {
    "es": "Debe ser verdadero o falso.",
    "fr": "Doit être vrai ou faux.",
    "de": "Muss wahr oder falsch sein.",
}
_DATE: Final = {
    "es": "Debe ser una fecha válida.",
    "fr": "Doit être une date valide.",
    "de": "Muss ein gültiges Datum sein.",
}
_TIME: Final = {
    "es": "Debe ser una fecha y hora válidas.",
    "fr": "Doit être une date et une heure valides.",
    "de": "Muss ein gültiger Zeitpunkt sein.",
}
_OBJECT: Final = {
    "es": "Debe ser un objeto.",
    "fr": "Doit être un objet.",
    "de": "Muss ein Objekt sein.",
}
_ONE_OF: Final = {
    "es": "Debe ser {expected}.",
    "fr": "Doit être {expected}.",
    "de": "Muss {expected} sein.",
}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "missing": {
        "es": "Este campo es obligatorio.",
        "fr": "Ce champ est obligatoire.",
        "de": "Dieses Feld ist erforderlich.",
    },
    "extra_forbidden": {
        "es": "No existe ese campo.",
        "fr": "Ce champ n'existe pas.",
        "de": "Dieses Feld gibt es nicht.",
    },
    "string_type": {
        "es": "Debe ser un texto.",
        "fr": "Doit être un texte.",
        "de": "Muss ein Text sein.",
    },
    "string_too_short": {
        "es": "Debe tener al menos {min_length} caracteres.",
        "fr": "Doit compter au moins {min_length} caractères.",
        "de": "Muss mindestens {min_length} Zeichen haben.",
    },
    "string_too_long": {
        "es": "Debe tener como máximo {max_length} caracteres.",
        "fr": "Doit compter au plus {max_length} caractères.",
        "de": "Darf höchstens {max_length} Zeichen haben.",
    },
    "string_pattern_mismatch": {
        "es": "No tiene la forma esperada.",
        "fr": "N'a pas la forme attendue.",
        "de": "Hat nicht die erwartete Form.",
    },
    "too_short": {
        "es": "Debe tener al menos {min_length} elementos.",
        "fr": "Doit compter au moins {min_length} éléments.",
        "de": "Muss mindestens {min_length} Einträge haben.",
    },
    "too_long": {
        "es": "Debe tener como máximo {max_length} elementos.",
        "fr": "Doit compter au plus {max_length} éléments.",
        "de": "Darf höchstens {max_length} Einträge haben.",
    },
    "list_type": {
        "es": "Debe ser una lista.",
        "fr": "Doit être une liste.",
        "de": "Muss eine Liste sein.",
    },
    "greater_than_equal": {
        "es": "Debe ser {ge} o más.",
        "fr": "Doit être supérieur ou égal à {ge}.",
        "de": "Muss mindestens {ge} sein.",
    },
    "greater_than": {
        "es": "Debe ser mayor que {gt}.",
        "fr": "Doit être supérieur à {gt}.",
        "de": "Muss größer als {gt} sein.",
    },
    "less_than_equal": {
        "es": "Debe ser {le} o menos.",
        "fr": "Doit être inférieur ou égal à {le}.",
        "de": "Darf höchstens {le} sein.",
    },
    "less_than": {
        "es": "Debe ser menor que {lt}.",
        "fr": "Doit être inférieur à {lt}.",
        "de": "Muss kleiner als {lt} sein.",
    },
    "multiple_of": {
        "es": "Debe ser un múltiplo de {multiple_of}.",
        "fr": "Doit être un multiple de {multiple_of}.",
        "de": "Muss ein Vielfaches von {multiple_of} sein.",
    },
    "uuid_parsing": {
        "es": "Debe ser un UUID.",
        "fr": "Doit être un UUID.",
        "de": "Muss eine UUID sein.",
    },
    "int_type": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "timezone_aware": _TIME,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "enum": _ONE_OF,
    "literal_error": _ONE_OF,
}

_OR: Final = {"es": "o", "fr": "ou", "de": "oder"}


def describe(item: Mapping[str, Any], language: str) -> str:
    """Return what one of Pydantic's errors says, in a language."""
    words = WORDS.get(item["type"], {}).get(language)
    if words is None:
        return str(item["msg"]).removeprefix("Value error, ")
    context = dict(item.get("ctx") or {})
    if "expected" in context:
        context["expected"] = str(context["expected"]).replace(" or ", f" {_OR[language]} ")
    return words.format_map(context)
