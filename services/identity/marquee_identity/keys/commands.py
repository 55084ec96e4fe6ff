"""`python -m marquee_identity keys …`."""

import asyncio

import click

from marquee_identity.keys import repository
from marquee_identity.keys.sealing import Seal
from marquee_identity.keys.service import rotate_keys, states
from marquee_identity.settings import IdentitySettings
from marquee_shared.service import Service, open_context


def add_key_commands(group: click.Group, service: Service[IdentitySettings]) -> None:
    """Add `keys list` and `keys rotate` to the service's commands."""

    @group.group("keys", help="The keys that access tokens are signed with.")
    def keys() -> None:
        pass

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
                following, added = await rotate_keys(session, Seal(settings.key_encryption_key))
            click.echo(f"{following.kid} signs from {following.signs_from:%Y-%m-%d %H:%M:%S} UTC")
            click.echo(f"{added.kid} is published as the next")

        asyncio.run(run())
