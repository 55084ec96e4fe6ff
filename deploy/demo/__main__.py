"""`make demo`: what a member, and then two, would do, against the running system.

Each scene signs new members up and shows what they see. Reads PORT and DATA_DIR like `make up`.
"""

import os
import sys
from pathlib import Path

import httpx
from deploy.demo.account import account_life
from deploy.demo.evening import first_evening
from deploy.demo.friends import friends_evening
from deploy.demo.tastes import two_tastes
from deploy.demo.walk import Walk, console, show_times


def main() -> None:
    """Walk every scene."""
    url = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
    folder = Path(os.environ.get("DATA_DIR", ".data"))
    try:
        ready = httpx.get(f"{url}/health/ready", timeout=30)
    except httpx.TransportError:
        console.print(
            f"Nothing answers at {url}. Start it with [bold]make up[/] in another terminal."
        )
        sys.exit(1)
    if ready.is_error:
        console.print(f"[red]The system at {url} is not ready:[/] {ready.text}")
        sys.exit(1)
    times: list[tuple[str, float]] = []
    member = Walk(url, folder, times)
    first_evening(member)
    account_life(member)
    friends_evening(Walk(url, folder, times))
    two_tastes(Walk(url, folder, times))
    show_times(times)


if __name__ == "__main__":
    main()
