"""`python -m marquee_identity keys …`."""

import asyncio

import click
from cryptography.exceptions import InvalidTag

from marquee_identity.keys import repository
from marquee_identity.keys.sealing import seal_of
from marquee_identity.keys.service import reseal_keys, rotate_keys, states, withdraw_key
from marquee_identity.settings import IdentitySettings
from marquee_shared.service import Service, open_context


def add_key_commands(group: click.Group, service: Service[IdentitySettings]) -> None:
    """Add the commands of signing keys to the service's."""

    @group.group("keys", help="The keys that access tokens are signed with.")
    def keys() -> None:
        pass

    _add_routine(keys, service)
    _add_emergency(keys, service)


def _add_routine(keys: click.Group, service: Service[IdentitySettings]) -> None:
    """Add `list` and `rotate`."""

    @keys.command("list", help="Show every key and what it does now.")
    def list_() -> None:
        async def run() -> None:
            async with (
                open_context(service, service.settings(), "cli") as context,
                context.database.reading() as session,
            ):
                found = await repository.list_keys(session)
                state_of = states(found, await repository.database_now(session))
                for key in found:
                    since = f"{key.signs_from:%Y-%m-%d %H:%M:%S}" if key.signs_from else "-"
                    click.echo(f"{key.kid}\t{state_of[key.kid]}\tsigns from {since}")

        asyncio.run(run())

    @keys.command(help="Let the next key sign, once it is published long enough; make another.")
    def rotate() -> None:
        async def run() -> None:
            settings = service.settings()
            async with (
                open_context(service, settings, "cli") as context,
                context.database.transaction() as session,
            ):
                following, added = await rotate_keys(session, seal_of(settings))
            click.echo(f"{following.kid} signs from {following.signs_from:%Y-%m-%d %H:%M:%S} UTC")
            click.echo(f"{added.kid} is published as the next")

        asyncio.run(run())


def _add_emergency(keys: click.Group, service: Service[IdentitySettings]) -> None:
    """Add `withdraw` and `reseal`."""

    @keys.command(
        help="Destroy a key in wrong hands; its tokens are refused within seconds.",
        context_settings={"ignore_unknown_options": True},  # one key in 64 begins with a dash
    )
    @click.argument("kid")
    def withdraw(kid: str) -> None:
        async def run() -> str | None:
            settings = service.settings()
            async with (
                open_context(service, settings, "cli") as context,
                context.database.transaction() as session,
            ):
                signing = await withdraw_key(session, seal_of(settings), kid)
                return signing.kid if signing is not None else None

        signing = asyncio.run(run())
        if signing is None:
            raise click.ClickException(f"there is no key {kid}")
        click.echo(f"{kid} is withdrawn; {signing} signs")

    @keys.command(help="Seal every key with KEY_ENCRYPTION_KEY, after it was changed.")
    def reseal() -> None:
        async def run() -> int:
            settings = service.settings()
            async with (
                open_context(service, settings, "cli") as context,
                context.database.transaction() as session,
            ):
                return await reseal_keys(session, seal_of(settings))

        try:
            count = asyncio.run(run())
        except InvalidTag as error:
            message = "neither KEY_ENCRYPTION_KEY nor PREVIOUS_KEY_ENCRYPTION_KEY opens the keys"
            raise click.ClickException(message) from error
        click.echo(f"{count} sealed anew")
