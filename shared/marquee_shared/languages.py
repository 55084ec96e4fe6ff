"""Which language an answer is in: `?lang=`, the member's own, `Accept-Language`, English."""

from typing import Final

LANGUAGES: Final = ("en", "es", "fr", "de")
DEFAULT_LANGUAGE: Final = "en"


def supported(tag: str | None) -> str | None:
    """Return the supported language of a tag such as `fr-CA`, or None."""
    if not tag:
        return None
    primary = tag.strip().lower().replace("_", "-").split("-", 1)[0]
    return primary if primary in LANGUAGES else None


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def accepted(header: str | None) -> str | None:
    """Return the supported language that an `Accept-Language` header likes best, or None."""
    if not header:
        return None
    ranges = [part.partition(";") for part in header[:500].split(",")]
    weighted = sorted(((_weight(rest) if rest else 1.0), tag) for tag, _, rest in ranges)
    best = max((weight for weight, tag in weighted if supported(tag) and weight > 0), default=None)
    if best is None:
        return None
    return next(
        language
        for tag, _, rest in ranges
        if (language := supported(tag)) and (_weight(rest) if rest else 1.0) == best
    )


def choose_language(query: str | None, member: str | None, header: str | None) -> str:
    """Apply the order of precedence; an unsupported `?lang=` counts as absent."""
    return supported(query) or supported(member) or accepted(header) or DEFAULT_LANGUAGE
