"""`python -m marquee_identity roles …`."""

import asyncio
from collections.abc import Sequence
from typing import cast

import click

from marquee_identity.roles.schemas import ROLES, Role, RolesUpdate
from marquee_identity.roles.service import set_roles
from marquee_identity.settings import IdentitySettings
from marquee_identity.users.errors import UserNotFound
from marquee_identity.users.names import username_key
from marquee_identity.users.repository import find_user_by_username
from marquee_shared.problems import Problem
from marquee_shared.service import Service, open_context


def add_role_commands(group: click.Group, service: Service[IdentitySettings]) -> None:
    """Add `roles grant` and `roles revoke` to the service's commands."""

    async def change(username: str, added: Sequence[str], removed: Sequence[str]) -> list[str]:
        async with (
            open_context(service, service.settings(), "cli") as context,
            context.database.transaction() as session,
        ):
            user = await find_user_by_username(session, username_key(username))
            if user is None:
                raise UserNotFound
            wanted = ({*user.roles} | {*added}) - {*removed}
            roles = RolesUpdate(roles=[cast("Role", role) for role in wanted]).roles
            return (await set_roles(session, context, username, roles)).roles

    def run(username: str, added: Sequence[str], removed: Sequence[str]) -> None:
        try:
            roles = asyncio.run(change(username, added, removed))
        except Problem as problem:
            raise click.ClickException(str(problem)) from problem
        click.echo(f"{username}: {' '.join(roles)}")

    @group.group("roles", help="What members may do.")
    def commands() -> None:
        pass

    chosen = click.argument("roles", nargs=-1, required=True, type=click.Choice(ROLES[1:]))

    @commands.command(help="Give a member roles; so the first administrator is made.")
    @click.argument("username")
    @chosen
    def grant(username: str, roles: tuple[str, ...]) -> None:
        run(username, roles, ())

    @commands.command(help="Take roles from a member.")
    @click.argument("username")
    @chosen
    def revoke(username: str, roles: tuple[str, ...]) -> None:
        run(username, (), roles)
