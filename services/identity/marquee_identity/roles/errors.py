"""Errors of roles."""

from typing import ClassVar

from marquee_shared.problems import Conflict


class LastAdministrator(Conflict):
    """409: nobody would be left who can give roles."""

    code = "last_administrator"
    words: ClassVar = {
        "en": "This is the last administrator; make another one first.",
        "es": "Es la última cuenta administradora; nombra otra primero.",
        "fr": "C'est le dernier compte administrateur ; nommez-en un autre d'abord.",
        "de": "Das ist das letzte Verwalterkonto; ernennen Sie zuerst ein anderes.",
    }


class NotForImported(Conflict):
    """409: a member brought by an import cannot sign in."""

    code = "imported_member"
    words: ClassVar = {
        "en": "This member was brought by an import and cannot sign in.",
        "es": "Este miembro procede de una importación y no puede iniciar sesión.",
        "fr": "Ce membre vient d'un import et ne peut pas se connecter.",
        "de": "Dieses Mitglied stammt aus einem Import und kann sich nicht anmelden.",
    }
