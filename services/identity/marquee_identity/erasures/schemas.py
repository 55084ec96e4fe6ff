"""Receipts, out."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from marquee_shared.events.identity import ErasureMode
from marquee_shared.schemas import ResponseModel


class ReceiptLine(ResponseModel):
    """What one service removed and made anonymous, in rows per data set."""

    service: str
    removed: dict[str, int]
    anonymised: dict[str, int]
    erased_at: datetime


class Receipt(ResponseModel):
    """An erasure: to come, under way, or proved by every service."""

    id: UUID
    state: Literal["waiting", "erasing", "erased"] = Field(
        description="`waiting` for the grace to end, `erasing` until every service has answered."
    )
    mode: ErasureMode
    requested_at: datetime
    due_at: datetime = Field(description="Until then signing in undoes it.")
    erased_at: datetime | None
    services: list[ReceiptLine]
