"""The command line of every service: `python -m marquee_<service> api | worker | migrate | …`.

Run beside `make up` without any settings, a command works on that system.
"""

import asyncio
import gc
import os
import socket
from typing import Any

import click
import uvicorn

from marquee_shared.app import create_app
from marquee_shared.logs import configure_logging
from marquee_shared.outbox.dead_letters import list_dead_letters, retry_dead_letters
from marquee_shared.running_system import adopt_running_system
from marquee_shared.service import Service, open_context

DRAIN_SECONDS = 10


def send_at_once(fd: int) -> None:
    """Turn Nagle's algorithm off for all that an inherited TCP socket accepts.

    The event loop does so only for sockets it has made; without it every answer that leaves in two
    writes waits 40 ms for the client's delayed acknowledgement.
    """
    with socket.socket(fileno=os.dup(fd)) as listener:
        if listener.family in (socket.AF_INET, socket.AF_INET6):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def keep_what_is_loaded() -> None:
    """Leave modules and routes, which stay, out of every later garbage collection.

    To walk them took a tenth of a second each time, a quarter of all the time of a busy API.
    """
    gc.collect()
    gc.freeze()


def command_line(service: Service[Any]) -> click.Group:  # noqa: C901, PLR0915 - one list of commands
    """Return the commands every service has; a service adds its own to the group."""

    @click.group(help=service.title)
    def group() -> None:
        adopt_running_system(service.name)

    @group.command(help="Answer HTTP.")
    @click.option("--fd", type=int, help="Listen on this inherited socket.")
    def api(fd: int | None) -> None:
        settings = service.settings()
        configure_logging(f"{service.name}.api", settings.log_level)
        if fd is not None:
            send_at_once(fd)
        app = create_app(service, settings)
        keep_what_is_loaded()
        uvicorn.run(
            app,
            host=settings.host,
            port=settings.port,
            fd=fd,
            loop="uvloop",
            http="httptools",
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
            h11_max_incomplete_event_size=16_384,
        )

    @group.command(help="Relay and consume events, run jobs and the schedule.")
    def worker() -> None:
        import uvloop  # noqa: PLC0415 - arq and its like are the worker's alone

        from marquee_shared.worker import run_worker  # noqa: PLC0415

        settings = service.settings()
        configure_logging(f"{service.name}.worker", settings.log_level)
        keep_what_is_loaded()
        uvloop.run(run_worker(service, settings))

    @group.command(help="Bring the schema to its newest migration.")
    @click.option("--check", is_flag=True, help="Only compare tables and models.")
    def migrate(*, check: bool) -> None:
        # alembic brings a third of a second and every SQL dialect: not for servers and workers.
        from marquee_shared import migrations  # noqa: PLC0415

        settings = service.settings()
        configure_logging(f"{service.name}.migrate", settings.log_level)
        url = settings.database_url
        (migrations.check if check else migrations.upgrade)(service.package, url)

    @group.command(help="Publish the current state of everything anew.")
    def republish() -> None:
        if service.republish is None:
            raise click.ClickException(f"{service.name} has nothing to republish")
        send = service.republish

        async def run() -> int:
            async with open_context(service, service.settings(), "cli") as context:
                return await send(context)

        click.echo(f"{asyncio.run(run())} events published")

    @group.group("dead-letters", help="Events that could not be handled.")
    def dead_letters() -> None:
        pass

    @dead_letters.command("list", help="Show those that wait, oldest first.")
    @click.option("--limit", default=100, show_default=True)
    def list_(limit: int) -> None:
        async def run() -> None:
            async with (
                open_context(service, service.settings(), "cli") as context,
                context.database.reading() as session,
            ):
                for letter in await list_dead_letters(session, limit=limit):
                    click.echo(
                        f"{letter.id}\t{letter.created_at:%Y-%m-%d %H:%M:%S}\t{letter.stream}\t"
                        f"{letter.deliveries} deliveries\t{letter.error.splitlines()[0]}"
                    )

        asyncio.run(run())

    @dead_letters.command("retry", help="Handle them again, by id or all that wait.")
    @click.argument("ids", nargs=-1, type=int)
    @click.option("--all", "everything", is_flag=True)
    def retry(ids: tuple[int, ...], *, everything: bool) -> None:
        if bool(ids) == everything:
            raise click.UsageError("give ids, or --all")

        async def run() -> int:
            async with open_context(service, service.settings(), "cli") as context:
                chosen = list(ids)
                if everything:
                    async with context.database.reading() as session:
                        letters = await list_dead_letters(session, limit=100_000)
                    chosen = [letter.id for letter in letters]
                outcome = await retry_dead_letters(
                    context.database, service.name, service.handlers, chosen
                )
            for letter_id, error in outcome.items():
                click.echo(f"{letter_id}\t{error or 'handled'}")
            return sum(error is not None for error in outcome.values())

        if failed := asyncio.run(run()):
            raise click.ClickException(f"{failed} failed again")

    return group
