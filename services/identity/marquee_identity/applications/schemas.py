"""OAuth applications, in and out."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from marquee_identity.applications.uris import LONGEST_URI, checked_redirect_uri
from marquee_identity.tokens.schemas import Scope
from marquee_shared.schemas import Line, RequestModel, ResponseModel

ApplicationName = Annotated[Line, StringConstraints(min_length=1, max_length=100)]
RedirectUri = Annotated[
    str, StringConstraints(max_length=LONGEST_URI), AfterValidator(checked_redirect_uri)
]


def _without_default(schema: dict[str, Any]) -> None:
    """What is absent stays as it is."""
    schema.pop("default", None)


class ApplicationCreate(RequestModel):
    """A program that will ask members for access."""

    name: ApplicationName = Field(description="What members are shown.")
    redirect_uris: list[RedirectUri] = Field(
        default=[],
        max_length=10,
        description="Where members are sent back to: `https`, `http` on 127.0.0.1 or [::1] (any "
        "port), or a scheme of its own with a dot. None for one that only signs in by device code.",
    )


class ApplicationUpdate(RequestModel):
    """What may be changed of an application."""

    name: ApplicationName = Field(default="", json_schema_extra=_without_default)
    redirect_uris: list[RedirectUri] = Field(
        default=[], max_length=10, json_schema_extra=_without_default
    )


class ApplicationRead(ResponseModel):
    """One of the caller's applications."""

    id: UUID = Field(description="The OAuth `client_id`. There is no secret.")
    name: str
    redirect_uris: list[str]
    created_at: datetime
    updated_at: datetime


class ApplicationShown(ResponseModel):
    """An application as the members see it whom it asks."""

    id: UUID
    name: str


class GrantRead(ResponseModel):
    """An application that may act for the caller."""

    application: ApplicationShown
    scopes: list[Scope]
    granted_at: datetime
    last_used_at: datetime
