"""What `make up` shows: a line per step with its time, and at the end where to look."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.local.settings import LocalSettings
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

console = Console(highlight=False)


@contextmanager
def step(title: str) -> Iterator[None]:
    """A spinner while the block runs, then a line with the seconds it took."""
    began = time.monotonic()
    with console.status(title):
        yield
    console.print(f"[green]✓[/green] {title} [dim]{time.monotonic() - began:.1f} s[/dim]")


def where_to_look(settings: LocalSettings, gateway_url: str, seconds: float) -> None:
    """The panel that ends a start."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("API", f"{gateway_url}/v1/movies")
    table.add_row("docs", f"{gateway_url}/docs")
    table.add_row("ready?", f"{gateway_url}/health/ready")
    table.add_row("accounts", f"{settings.credentials}")
    table.add_row("mail", f"{settings.mail}/*.eml")
    table.add_row("logs", f"{settings.logs}/")
    table.add_row("try", f"curl '{gateway_url}/v1/movies?q=godfather'")
    table.add_row("stop", "Ctrl-C; the next start goes on from what is there")
    console.print(Panel(table, title=f"Marquee is up, in {seconds:.1f} s", expand=False))


def note(message: str) -> None:
    """Something one should know while it goes on."""
    console.print(f"[yellow]·[/yellow] {message}")


def failure(message: str) -> None:
    """Why there is no start, as it is."""
    console.print(f"[red]✗[/red] {message}", markup=True, soft_wrap=True)
