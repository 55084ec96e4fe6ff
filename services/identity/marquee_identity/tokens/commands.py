"""`python -m marquee_identity tokens …`."""

import asyncio
from datetime import UTC, datetime, timedelta

import click

from marquee_identity.settings import IdentitySettings
from marquee_identity.tokens import repository
from marquee_identity.tokens.service import create_service_token, revoke_service_tokens
from marquee_shared.service import Service, open_context


def add_token_commands(group: click.Group, service: Service[IdentitySettings]) -> None:
    """Add `tokens create`, `list` and `revoke` to the service's commands."""

    @group.group("tokens", help="Service tokens: a team's access, scoped.")
    def tokens() -> None:
        pass

    @tokens.command(help="Make a token and print it; it cannot be shown again.")
    @click.argument("name")
    @click.option("--scope", "scopes", multiple=True, required=True)
    @click.option("--days", type=click.IntRange(min=1), help="Days until it expires.")
    def create(name: str, scopes: tuple[str, ...], days: int | None) -> None:
        expires_at = datetime.now(UTC) + timedelta(days=days) if days else None

        async def run() -> str:
            async with (
                open_context(service, service.settings(), "cli") as context,
                context.database.transaction() as session,
            ):
                return await create_service_token(session, name, list(scopes), expires_at)

        click.echo(asyncio.run(run()))

    @tokens.command("list", help="Show every service token but its secret.")
    def list_() -> None:
        async def run() -> None:
            async with (
                open_context(service, service.settings(), "cli") as context,
                context.database.reading() as session,
            ):
                for token in await repository.list_service_tokens(session):
                    used = f"{token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never"
                    state = "revoked" if token.revoked_at else "live"
                    scopes = " ".join(token.scopes)
                    click.echo(f"{token.name}\t{state}\t{scopes}\tlast used {used}")

        asyncio.run(run())

    @tokens.command(help="Revoke the tokens of a name; they are refused everywhere within seconds.")
    @click.argument("name")
    def revoke(name: str) -> None:
        async def run() -> int:
            async with (
                open_context(service, service.settings(), "cli") as context,
                context.database.transaction() as session,
            ):
                return await revoke_service_tokens(session, name)

        click.echo(f"{asyncio.run(run())} revoked")
