"""Signing up and codes, in and out."""

from typing import Annotated

from pydantic import Field, StringConstraints

from marquee_identity.passwords.policy import NewPassword
from marquee_identity.users.names import Email, Username
from marquee_identity.users.schemas import LanguageCode, Name
from marquee_shared.schemas import RequestModel

GivenCode = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{6}$")]


class Signup(RequestModel):
    """A new account."""

    username: Username = Field(description="3 to 30 of `a-z 0-9 _ . -` in any case; shown so.")
    email: Email
    password: NewPassword
    first_name: Name | None = None
    last_name: Name | None = None
    language: LanguageCode | None = Field(
        default=None, description="Preferred language; mails use the request's without one."
    )


class CodeGiven(RequestModel):
    """A code from a mail."""

    code: GivenCode
