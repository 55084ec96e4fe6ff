"""`python -m marquee_identity bootstrap`: the first administrator and the data team's token."""

import asyncio
import os
import secrets
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import click
import orjson
from sqlalchemy import func, text
from uuid6 import uuid7

from marquee_identity.running import parts_of
from marquee_identity.sessions.service import end_sessions
from marquee_identity.settings import IdentitySettings
from marquee_identity.tokens.repository import list_service_tokens
from marquee_identity.tokens.service import create_service_token, revoke_service_tokens
from marquee_identity.users import repository as users
from marquee_identity.users.service import public_state
from marquee_shared.database import WriteSession
from marquee_shared.events.identity import UserCreated
from marquee_shared.outbox import publish
from marquee_shared.outbox.relay import advisory_key
from marquee_shared.service import Context, Service, open_context

ADMIN: Final = "admin"
ADMIN_EMAIL: Final = "admin@marquee.example"
ROLES: Final = ["member", "moderator", "editor", "administrator"]
TEAM: Final = "data-team"
SCOPES: Final = ["recommender"]


async def bootstrap(context: Context[IdentitySettings], path: Path) -> bool:
    """Make administrator and token and write them down; False when all was there.

    A lost file cannot be written again, since nothing is stored in clear: administrator and
    token then get new secrets. So do they after a crash between commit and file.
    """
    lock = advisory_key("identity:bootstrap")
    # One transaction holds the lock until the file stands, so that two at once agree with it.
    async with context.database.transaction() as alone:
        await alone.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
        if await asyncio.to_thread(path.exists) and await _is_done(alone):
            return False
        password = secrets.token_urlsafe(18)
        password_hash = await parts_of(context).passwords.hash(password)
        async with context.database.transaction() as session:
            await _put_administrator(session, password_hash)
            await revoke_service_tokens(session, TEAM)
            token = await create_service_token(session, TEAM, SCOPES)
        content = {"admin": {"username": ADMIN, "password": password}, "service_token": token}
        written = orjson.dumps(content, option=orjson.OPT_INDENT_2)
        await asyncio.to_thread(_write_private, path, written)
    return True


async def _is_done(session: WriteSession) -> bool:
    administrator = await users.find_user_by_username(session, ADMIN)
    tokens = await list_service_tokens(session)
    return administrator is not None and any(
        token.name == TEAM and token.revoked_at is None for token in tokens
    )


async def _put_administrator(session: WriteSession, password_hash: str) -> None:
    known = await users.find_user_by_username(session, ADMIN)
    if known is not None:
        known.password_hash = password_hash
        await end_sessions(session, known.id, "password_changed")
        return
    values: dict[str, Any] = {
        "id": UUID(int=uuid7().int),
        "username": ADMIN,
        "username_key": ADMIN,
        "email": ADMIN_EMAIL,
        "email_key": ADMIN_EMAIL,
        "password_hash": password_hash,
        "first_name": None,
        "last_name": None,
        "roles": ROLES,
        "boarded": True,
        "verified_at": func.now(),
    }
    user = await users.insert_user(session, **values)
    if user is None:
        raise click.ClickException(f"another account has the address {ADMIN_EMAIL}")
    await publish(session, UserCreated(**public_state(user)), user.revision)


def _write_private(path: Path, content: bytes) -> None:
    """Put a file that only its owner may read in place, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content + b"\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def add_bootstrap_command(group: click.Group, service: Service[IdentitySettings]) -> None:
    """Add `bootstrap` to the service's commands."""

    @group.command("bootstrap", help="Make the first administrator and the data team's token.")
    @click.option(
        "--credentials",
        type=click.Path(dir_okay=False, path_type=Path),
        required=True,
        help="Where they are written, readable by the owner alone.",
    )
    def command(credentials: Path) -> None:
        async def run() -> bool:
            async with open_context(service, service.settings(), "cli") as context:
                return await bootstrap(context, credentials)

        made = asyncio.run(run())
        click.echo(f"written to {credentials}" if made else "nothing to do")
