"""A member's rights over what is held of them: taking it all along, and having it erased.

Each module that holds something of members declares it as a `Dataset`; a service gathers its
modules' in one `Rights`, whose `router` it serves and whose `register` it calls. Identity reads
every service's datasets for a member's export, and when a member is erased every service calls
its datasets' `erase` in the transaction of that event and tells identity what went.

The routes are for identity alone: they take only a service token made for the very member and
this purpose (`EXPORT_SCOPE`), which nobody can be given by any public route.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final, NamedTuple
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import Executable, text

from marquee_shared.auth.dependencies import required_principal
from marquee_shared.auth.principals import Principal
from marquee_shared.database import Database, ReadSession, WriteSession
from marquee_shared.events.envelope import CONTRACTS, Event
from marquee_shared.events.identity import ErasureMode, UserDeleted
from marquee_shared.events.rights import MemberErased
from marquee_shared.outbox import Handlers, publish_many
from marquee_shared.problems import Forbidden, NotFound
from marquee_shared.routing import new_router

EXPORT_SCOPE: Final = "rights.export"
CHUNK_BYTES: Final = 65_536

Row = Mapping[str, Any]
Export = Callable[[ReadSession, UUID], AsyncIterator[Row]]
"""Yields what is held of a member, row by row: JSON values, dates and UUIDs."""


class Erased(NamedTuple):
    """How many rows are gone, and how many stay without telling whose they were."""

    removed: int = 0
    anonymised: int = 0


Erase = Callable[[WriteSession, UUID, ErasureMode], Awaitable[Erased]]
"""Erases what is held of a member; called twice it finds nothing the second time.

`remove`: it goes. `anonymise`: what others have read and answered may stay, its author
unknown; whatever is only about the member goes all the same. A dataset publishes what follows
for others, as it would when the member had done it.
"""


@dataclass(frozen=True, slots=True)
class Dataset:
    """What one module holds of members.

    `export` None: it is a copy of what another service exports. `erase` None: it goes with
    another dataset, or is no longer tied to anybody.
    """

    name: str
    export: Export | None
    erase: Erase | None


class DatasetNotFound(NotFound):
    """404."""

    code = "dataset_not_found"
    words: ClassVar = {
        "en": "There is no such data set.",
        "es": "No existe ese conjunto de datos.",
        "fr": "Cet ensemble de données n'existe pas.",
        "de": "Diesen Datensatz gibt es nicht.",
    }


async def rows(
    session: ReadSession, statement: Executable, parameters: Mapping[str, Any]
) -> AsyncIterator[Row]:
    """Yield a statement's rows as mappings, a few at a time however many there are."""
    async for row in await session.stream(statement, parameters):
        yield dict(row._mapping)  # noqa: SLF001 - a row's public mapping, named so by SQLAlchemy


def plain_dataset(name: str, *, export: str | None, erase: str | None) -> Dataset:
    """Return a dataset that two statements say all of, each with `:user_id` in it.

    `export` selects what is given out, in a total order; `erase` deletes, returning something
    for each row.
    """
    return Dataset(
        name,
        _exporting(text(export)) if export is not None else None,
        _deleting(text(erase)) if erase is not None else None,
    )


def _exporting(statement: Executable) -> Export:
    def export(session: ReadSession, user_id: UUID) -> AsyncIterator[Row]:
        return rows(session, statement, {"user_id": user_id})

    return export


def _deleting(statement: Executable) -> Erase:
    async def erase(session: WriteSession, user_id: UUID, _mode: ErasureMode) -> Erased:
        result = await session.execute(statement, {"user_id": user_id})
        return Erased(removed=len(result.all()))

    return erase


_FORGET_JOBS = text(
    "UPDATE jobs SET requested_by = NULL, "
    "  finished_at = CASE WHEN state IN ('queued', 'running') THEN now() ELSE finished_at END, "
    "  state = CASE WHEN state IN ('queued', 'running') THEN 'cancelled' ELSE state END "
    "WHERE requested_by = :user_id RETURNING id"
)


async def _erase_jobs(session: WriteSession, user_id: UUID, _mode: ErasureMode) -> Erased:
    """Cut jobs off from who asked for them, and stop those under way."""
    result = await session.execute(_FORGET_JOBS, {"user_id": user_id})
    return Erased(anonymised=len(result.all()))


JOBS: Final = replace(
    plain_dataset(
        "jobs",
        export="SELECT kind, state, created_at, started_at, finished_at FROM jobs "
        "WHERE requested_by = :user_id ORDER BY id",
        erase=None,
    ),
    erase=_erase_jobs,
)
"""Every service has background jobs, and each knows who asked for it."""


class Rights:
    """The datasets of one service. They are erased in the order given."""

    def __init__(self, service: str, datasets: Sequence[Dataset] = ()) -> None:
        self.service = service
        self.datasets = {dataset.name: dataset for dataset in (*datasets, JOBS)}
        if len(self.datasets) != len(datasets) + 1:
            message = f"two data sets of {service} have one name"
            raise ValueError(message)
        self.router = _router(self)

    @property
    def exported(self) -> list[str]:
        """The names of what an export holds."""
        return [name for name, dataset in self.datasets.items() if dataset.export is not None]

    def export(self, name: str, session: ReadSession, user_id: UUID) -> AsyncIterator[Row]:
        """Return the rows of one dataset about a member.

        Raises:
            DatasetNotFound: none of that name is exported.
        """
        dataset = self.datasets.get(name)
        if dataset is None or dataset.export is None:
            raise DatasetNotFound
        return dataset.export(session, user_id)

    async def erase(
        self, session: WriteSession, user_id: UUID, mode: ErasureMode
    ) -> dict[str, Erased]:
        """Erase a member from every dataset; return what went, by dataset."""
        return {
            name: await dataset.erase(session, user_id, mode)
            for name, dataset in self.datasets.items()
            if dataset.erase is not None
        }

    def register(self, handlers: Handlers) -> None:
        """Erase members when identity tells that they are gone, and answer with what went."""
        contract = CONTRACTS[f"{self.service}.member.erased"]
        if not issubclass(contract, MemberErased):
            message = f"{contract.type} is not a line of a receipt"
            raise TypeError(message)
        told: type[MemberErased] = contract

        async def on_users_deleted(session: WriteSession, events: list[Event[UserDeleted]]) -> None:
            answers = []
            for event in events:
                gone = event.data
                erased = await self.erase(session, gone.id, gone.mode)
                answers.append((_line(told, gone.id, gone.receipt_id, erased), event.revision))
            await publish_many(session, answers)

        handlers.after(UserDeleted, on_users_deleted)


def _line(
    contract: type[MemberErased],
    user_id: UUID,
    receipt_id: UUID | None,
    erased: Mapping[str, Erased],
) -> MemberErased:
    """Return a service's line of a receipt."""
    return contract(
        user_id=user_id,
        receipt_id=receipt_id,
        removed={name: counts.removed for name, counts in erased.items()},
        anonymised={name: counts.anonymised for name, counts in erased.items()},
    )


async def _exported_member(
    user_id: UUID, principal: Annotated[Principal, Depends(required_principal)]
) -> UUID:
    """Let only identity pass, and only with a token made for this member."""
    if (
        principal.kind != "service"
        or EXPORT_SCOPE not in principal.scopes
        or principal.id != user_id
    ):
        raise Forbidden
    return user_id


def _plain(value: object) -> str:
    """Return what orjson does not know: the driver's own kind of UUID, and exact numbers."""
    if isinstance(value, UUID | Decimal):
        return str(value)
    raise TypeError


def json_line(row: Row) -> bytes:
    """Return a row as one line of JSON, without its end."""
    return orjson.dumps(dict(row), default=_plain)


async def _ndjson(database: Database, rights: Rights, name: str, user_id: UUID) -> Any:
    """Yield a dataset as lines of JSON, in pieces worth sending."""
    async with database.snapshot() as session:
        piece = bytearray()
        async for row in rights.export(name, session, user_id):
            piece += json_line(row) + b"\n"
            if len(piece) >= CHUNK_BYTES:
                yield bytes(piece)
                piece.clear()
        if piece:
            yield bytes(piece)


def _router(rights: Rights) -> APIRouter:
    router = new_router()
    member = Annotated[UUID, Depends(_exported_member)]

    @router.get("/internal/members/{user_id}/datasets", include_in_schema=False)
    async def list_datasets(_member: member) -> list[str]:
        """Name what this service exports of a member."""
        return rights.exported

    @router.get("/internal/members/{user_id}/datasets/{name}", include_in_schema=False)
    async def export_dataset(name: str, user_id: member, request: Request) -> StreamingResponse:
        """Send one dataset, a JSON object a line."""
        if name not in rights.exported:
            raise DatasetNotFound
        database: Database = request.app.state.database
        return StreamingResponse(
            _ndjson(database, rights, name, user_id), media_type="application/x-ndjson"
        )

    return router
