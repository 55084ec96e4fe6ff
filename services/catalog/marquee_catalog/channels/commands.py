"""`python -m marquee_catalog channel-ratings`: the report as a file."""

import asyncio
from pathlib import Path

import click

from marquee_catalog.channels.report import as_csv, read_ratings
from marquee_catalog.settings import CatalogSettings
from marquee_shared.service import Service, open_context


def channel_ratings_command(service: Service[CatalogSettings]) -> click.Command:
    """Return the command that writes the report."""

    @click.command("channel-ratings", help="Write the ratings of all active channels as CSV.")
    @click.option(
        "-o",
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Into this file; otherwise to the terminal.",
    )
    def command(output: Path | None) -> None:
        report = asyncio.run(_report(service)).encode()
        if output is None:
            click.echo(report, nl=False)
            return
        try:
            output.write_bytes(report)
        except OSError as error:
            raise click.ClickException(f"cannot write {output}: {error.strerror}") from error

    return command


async def _report(service: Service[CatalogSettings]) -> str:
    async with (
        open_context(service, service.settings(), "cli") as context,
        context.database.reading() as session,
    ):
        return as_csv(await read_ratings(session))
