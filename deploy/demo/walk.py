"""A member at the gateway's door, and what every scene of the demo does."""

import email
import re
import sys
import time
import uuid
from collections.abc import Callable
from email import policy
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

MAIL_SECONDS = 20
PATIENCE = 30
REFUSED_SECONDS = 5

console = Console()


class Walk:
    """One member at the door: their client, what they hold, the time of each step."""

    def __init__(self, url: str, folder: Path, times: list[tuple[str, float]]) -> None:
        self.http = httpx.Client(base_url=url, timeout=30)
        self.folder = folder
        self.times = times
        self.name = ""
        self.password = ""
        self.tokens: dict[str, Any] = {}

    def call(self, what: str, method: str, path: str, **options: Any) -> Any:
        """Make a request, note how long it took, and return its JSON (None when empty)."""
        started = time.perf_counter()
        answer = self.http.request(method, path, **options)
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            seconds = int(answer.headers["Retry-After"])
            console.print(f"  [dim]limits hold for demos too: waiting {seconds} s[/]")
            time.sleep(seconds)
            return self.call(what, method, path, **options)
        self.times.append(
            (f"{method} {path.split('?', maxsplit=1)[0]}", (time.perf_counter() - started) * 1000)
        )
        if answer.is_error:
            console.print(f"[red]{what}: {answer.status_code}[/] {answer.text[:500]}")
            sys.exit(1)
        return answer.json() if answer.content else None

    def takes(self, tokens: dict[str, Any]) -> None:
        """Go on with these tokens."""
        self.tokens = tokens
        self.http.headers["Authorization"] = f"Bearer {tokens['access_token']}"

    def until(self, what: str, path: str, holds: Callable[[Any], bool]) -> Any:
        """Ask again until what is said of the answer holds, and return it."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            answer = self.http.get(path)
            if answer.is_success and holds(answer.json()):
                return answer.json()
            time.sleep(0.05)
        console.print(f"[red]{what} did not happen within {PATIENCE} s[/]")
        sys.exit(1)

    def refused(self, what: str, method: str, path: str, status: int) -> None:
        """Make a request that must be refused, within seconds of what made it so."""
        started = time.monotonic()
        while True:
            answer = self.http.request(method, path)
            took = time.monotonic() - started
            if answer.status_code == status or took > REFUSED_SECONDS:
                break
            time.sleep(0.05)
        code = answer.json().get("code", "") if answer.content else ""
        console.print(f"  {what}: {answer.status_code} {code}, after {took:.1f} s")
        if answer.status_code != status:
            console.print(f"[red]It should have been {status}.[/]")
            sys.exit(1)

    def mailed_code(self, address: str) -> str:
        """Wait for the verification mail and return its code."""
        deadline = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < deadline:
            for path in sorted((self.folder / "mail").glob("*.eml"), reverse=True):
                message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
                body = message.get_body(("plain",))
                if address in str(message["to"]) and body is not None:
                    found = re.search(r"\b(\d{6})\b", body.get_content())
                    if found:
                        return found.group(1)
            time.sleep(0.05)
        console.print(f"[red]No mail came to {address}; is DATA_DIR the system's?[/]")
        sys.exit(1)


def sign_up(walk: Walk, *, quietly: bool = False) -> None:
    """Sign up, read the mail, verify, refresh."""
    walk.name = f"demo-{uuid.uuid4().hex[:8]}"
    walk.password = "a long walk to the cinema"  # noqa: S105 - of an invented member
    address = f"{walk.name}@example.org"
    body = {"username": walk.name, "email": address, "password": walk.password}
    walk.takes(walk.call("Sign up", "POST", "/v1/auth/signup", json=body))
    code = walk.mailed_code(address)
    walk.call("Verify", "POST", "/v1/auth/verify-email", json={"code": code})
    refresh(walk)
    if not quietly:
        console.print(
            f"Signed up as [bold]{walk.name}[/], read the code [bold]{code}[/] from the mail, "
            "verified."
        )


def refresh(walk: Walk) -> None:
    """Spend the refresh token for a new pair, with claims as they are now."""
    spent = {"refresh_token": walk.tokens["refresh_token"]}
    walk.takes(walk.call("Refresh", "POST", "/v1/auth/refresh", json=spent))


def show_times(times: list[tuple[str, float]]) -> None:
    """Show what each step took."""
    grouped: dict[str, list[float]] = {}
    for name, took in times:
        shown = re.sub(r"/(movies|users|exports|reviews|lists)/[^/]+", r"/\1/{}", name)
        grouped.setdefault(shown, []).append(took)
    table = Table(title="Milliseconds, through the gateway", title_justify="left")
    table.add_column("request")
    for name in ("calls", "first", "best"):
        table.add_column(name, justify="right")
    for name, all_took in grouped.items():
        table.add_row(name, str(len(all_took)), f"{all_took[0]:.1f}", f"{min(all_took):.1f}")
    console.print(table)
