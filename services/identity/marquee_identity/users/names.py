"""How usernames and e-mail addresses are written, compared and refused."""

import re
import unicodedata
from typing import Annotated, Final

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from marquee_shared.slugs import fold

LONGEST_USERNAME: Final = 30
SHORTEST_USERNAME: Final = 3

RESERVED: Final = frozenset(
    """
    me admin administrator api system support root marquee moderator editor staff team official
    security help about contact legal privacy terms settings account anonymous deleted nobody
    null undefined none self everyone all internal health live ready metrics docs redoc
    openapi openapi.json static assets media v1 v2 .well-known well-known favicon.ico robots.txt
    auth login logout signup refresh token oauth google password password-reset verify-email
    users sessions tokens exports avatar language taste onboarding following friends
    friend-requests friend-suggestions blocks mutes lists watchlist history feed changes imports
    notifications signals movies people genres platforms awards tags search channels contents
    groups ratings rating reviews comments replies reports moderation recommendations
    recommendation-events recommender trending discover home stream similar activity stats
    watch-time translation postmaster webmaster abuse no-reply noreply
    """.split()  # noqa: SIM905 - eighty words read better than eighty strings
)
"""Words that stand in routes, and names that would pass for the house's own."""


def username_key(username: str) -> str:
    """Return a username as it is compared."""
    return unicodedata.normalize("NFC", username).casefold()


def email_key(email: str) -> str:
    """Return an e-mail address as it is compared."""
    return unicodedata.normalize("NFC", email).casefold()


def _not_reserved(value: str) -> str:
    if username_key(value) in RESERVED:
        raise PydanticCustomError("reserved_username", "This username is reserved.")
    return value


def _email(value: str) -> str:
    try:
        # Deliverability is proved by the code that is mailed; test domains are nobody's.
        found = validate_email(value, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise PydanticCustomError("invalid_email", "This is not a valid e-mail address.") from error
    return found.normalized


Username = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{3,30}$"), AfterValidator(_not_reserved)
]
"""A username as typed; its letters leave nothing that looks like another's in other scripts."""

Email = Annotated[
    str,
    StringConstraints(max_length=254),
    AfterValidator(_email),
    Field(json_schema_extra={"format": "email"}),
]
"""A well-formed e-mail address."""


def importable_username(username: str, suffix: str = "") -> str:
    """Return a username from elsewhere in the letters allowed here, with room for a suffix."""
    kept = re.sub(r"[^a-z0-9_.-]+", "-", fold(username)).strip("-")
    kept = kept[: LONGEST_USERNAME - len(suffix)] + suffix
    return kept if len(kept) >= SHORTEST_USERNAME else f"member-{kept}".strip("-")


GivenPassword = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
"""A password to be checked; whether a new one will do is another matter."""
