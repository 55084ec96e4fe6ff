"""Mails as they are sent: the words of a language in a template, as plain text and as HTML."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from marquee_identity.mails.words import CODES, COMMON, LEAVING, NOTICES

TEMPLATES: Final = Environment(
    loader=PackageLoader("marquee_identity.mails"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, ready but for sender and recipient."""

    language: str
    subject: str
    text: str
    html: str


def _mail(template: str, language: str, words: Mapping[str, Any]) -> Mail:
    values = {"language": language, **words}
    return Mail(
        language,
        words["subject"],
        TEMPLATES.get_template(f"{template}.txt").render(values),
        TEMPLATES.get_template(f"{template}.html").render(values),
    )


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def code_mail(purpose: str, language: str, *, name: str, code: str) -> Mail:
    """Return the mail that brings a code."""
    words, common = CODES[purpose][language], COMMON[language]
    return _mail(
        "code",
        language,
        {
            "subject": words.subject,
            "greeting": common.greeting.format(name=name),
            "before": words.before,
            "code": code,
            "after": common.validity,
            "ending": words.ending,
        },
    )


def notice_mail(
    kind: str,
    language: str,
    *,
    name: str,
    at: datetime,
    device: str | None,
    address: str | None,
) -> Mail:
    """Return the mail that tells a member what happened to their account."""
    words, common = NOTICES[kind][language], COMMON[language]
    facts = [(common.time, _moment(at))]
    facts += [(common.device, device)] if device else []
    facts += [(common.address, address)] if address else []
    return _mail(
        "notice",
        language,
        {
            "subject": words.subject,
            "greeting": common.greeting.format(name=name),
            "happened": words.happened,
            "facts": facts,
            "ending": common.not_you,
        },
    )


def leaving_mail(language: str, *, name: str, until: datetime, receipt: str) -> Mail:
    """Return the mail that tells a leaving member how to come back, and where the receipt is."""
    words = LEAVING[language]
    return _mail(
        "notice",
        language,
        {
            "subject": words.subject,
            "greeting": COMMON[language].greeting.format(name=name),
            "happened": words.happened,
            "facts": [(words.until, _moment(until)), (words.receipt, receipt)],
            "ending": words.ending,
        },
    )
