"""The job that makes an export."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import obstore
from joserfc import jwt
from joserfc.jwk import ECKey
from uuid6 import uuid7

from marquee_identity.exports import repository
from marquee_identity.exports.archive import Archive
from marquee_identity.exports.models import KIND, Export
from marquee_identity.rights import RIGHTS
from marquee_identity.running import parts_of
from marquee_identity.settings import IdentitySettings
from marquee_shared.auth.tokens import ALGORITHM, TYPE
from marquee_shared.jobs import JobFailed, JobRun, Jobs, TryAgain
from marquee_shared.problems import BadGateway
from marquee_shared.rights import EXPORT_SCOPE, json_line
from marquee_shared.service import Context
from marquee_shared.storage import open_store

FOLDER: Final = "exports"
PEERS: Final = ("catalog", "social", "recommender")
TOKEN_SECONDS: Final = 120
DATASET_SECONDS: Final = 600.0


def register(jobs: Jobs) -> None:
    """Add this module's job."""
    jobs.job(KIND)(make_export)


def export_token(member: UUID, key: ECKey, settings: IdentitySettings) -> str:
    """Return the token by which a service gives out what it holds of this one member."""
    now = int(time.time())
    claims = {
        "sub": str(member),
        "username": "identity",
        "kind": "service",
        "verified": True,
        "scope": EXPORT_SCOPE,
        "iss": settings.token_issuer,
        "aud": settings.token_audience,
        "iat": now,
        "exp": now + TOKEN_SECONDS,
        "jti": str(UUID(int=uuid7().int)),
    }
    header = {"alg": ALGORITHM, "typ": TYPE, "kid": key.kid}
    return jwt.encode(header, claims, key, algorithms=[ALGORITHM])


async def _token(context: Context[IdentitySettings], member: UUID) -> str:
    return export_token(member, await parts_of(context).keys.signer(), context.settings)


async def _own_lines(context: Context[Any], name: str, member: UUID) -> AsyncIterator[bytes]:
    async with context.database.snapshot() as session:
        async for row in RIGHTS.export(name, session, member):
            yield json_line(row)


async def _datasets(context: Context[Any], member: UUID) -> list[tuple[str, str]]:
    """Return every service's datasets as (service, name)."""
    found = [(RIGHTS.service, name) for name in RIGHTS.exported]
    for peer in PEERS:
        status, names = await context.peer(peer).json(
            "GET", f"/internal/members/{member}/datasets", token=await _token(context, member)
        )
        if status != 200:  # noqa: PLR2004 - ok
            raise BadGateway
        found += [(peer, name) for name in names]
    return found


async def _lines(
    context: Context[Any], service: str, name: str, member: UUID
) -> AsyncIterator[bytes]:
    if service == RIGHTS.service:
        lines = _own_lines(context, name, member)
    else:
        lines = context.peer(service).lines(
            f"/internal/members/{member}/datasets/{name}",
            token=await _token(context, member),
            deadline=DATASET_SECONDS,
        )
    async for line in lines:
        yield line


async def make_export(job: JobRun) -> dict[str, Any]:
    """Ask every service for what it holds of a member, into one archive.

    Run again after a crash it writes the same file anew; a service out of reach makes it wait,
    for an export is whole or it is none.
    """
    context, member = job.context, job.requested_by
    if member is None:
        message = "the member is gone"
        raise JobFailed(message)
    store, file = open_store(context.settings, FOLDER), f"{job.id}.zip"
    try:
        datasets = await _datasets(context, member)
        counts: dict[str, dict[str, int]] = {}
        async with obstore.open_writer_async(store, file) as writer:
            archive = Archive(writer)
            for done, (service, name) in enumerate(datasets):
                await job.progress(done, len(datasets))
                lines = _lines(context, service, name, member)
                rows = await archive.add_rows(f"{service}/{name}.json", lines)
                counts.setdefault(service, {})[name] = rows
            made_at = datetime.now(UTC)
            manifest = {"user_id": str(member), "made_at": made_at.isoformat(), "rows": counts}
            size = await archive.finish(manifest)
    except BadGateway as error:
        await _delete_file(store, file)
        raise TryAgain(str(error)) from error
    await job.progress(len(datasets), len(datasets))
    expires_at = made_at + context.settings.export_lifetime
    async with context.database.transaction() as session:
        await repository.put_export(
            session,
            Export(id=job.id, user_id=member, file=file, bytes=size, expires_at=expires_at),
        )
    return {"rows": counts, "bytes": size}


async def delete_expired_exports(context: Context[Any]) -> None:
    """Delete archives past their time, and those whose member is gone, then their rows."""
    store = open_store(context.settings, FOLDER)
    async with context.database.transaction() as session:
        for file in await repository.take_expired(session):
            await _delete_file(store, file)


async def _delete_file(store: Any, file: str) -> None:
    try:
        await obstore.delete_async(store, file)
    except FileNotFoundError:
        return  # the run before this one got so far and no further
