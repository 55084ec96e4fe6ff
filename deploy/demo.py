"""`make demo`: one member's first evening, against the running system, through its one door.

Signs a new member up, searches, rates, and shows the recommendations before and after with their
reasons and the milliseconds of each step. Reads PORT and DATA_DIR like `make up`.
"""

import email
import os
import re
import sys
import time
import uuid
from email import policy
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

RATED = {
    "Alien": 5.0,
    "Blade Runner": 5.0,
    "The Terminator": 4.5,
    "2001: A Space Odyssey": 4.5,
    "The Matrix": 5.0,
    "Arrival": 4.0,
}
"""What the member loves; those that the catalog has are rated."""

SHOWN = 8
MAIL_SECONDS = 20

console = Console()


class Walk:
    """The walk so far: the client, the member's token, the time of each step."""

    def __init__(self, url: str, folder: Path) -> None:
        self.http = httpx.Client(base_url=url, timeout=30)
        self.folder = folder
        self.times: list[tuple[str, float]] = []

    def call(self, what: str, method: str, path: str, **options: Any) -> Any:
        """Make a request, note how long it took, and return its JSON (None when empty)."""
        started = time.perf_counter()
        answer = self.http.request(method, path, **options)
        self.times.append(
            (f"{method} {path.split('?', maxsplit=1)[0]}", (time.perf_counter() - started) * 1000)
        )
        if answer.is_error:
            console.print(f"[red]{what}: {answer.status_code}[/] {answer.text[:500]}")
            sys.exit(1)
        return answer.json() if answer.content else None

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


def sign_up(walk: Walk) -> None:
    """Sign up, read the mail, verify, refresh."""
    name = f"demo-{uuid.uuid4().hex[:8]}"
    address = f"{name}@example.org"
    body = {"username": name, "email": address, "password": "a long walk to the cinema"}
    tokens = walk.call("Sign up", "POST", "/v1/auth/signup", json=body)
    walk.http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    code = walk.mailed_code(address)
    walk.call("Verify", "POST", "/v1/auth/verify-email", json={"code": code})
    tokens = walk.call(
        "Refresh", "POST", "/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]}
    )
    walk.http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    console.print(
        f"Signed up as [bold]{name}[/], read the code [bold]{code}[/] from the mail, verified."
    )
    return name


def find(walk: Walk, title: str) -> dict[str, Any] | None:
    """Return the film of this title, or None when the catalog does not have it."""
    found = walk.call("Search", "GET", "/v1/movies", params={"q": title, "limit": 5})["items"]
    exact = [item for item in found if item["title"].casefold() == title.casefold()]
    return exact[0] if exact else None


def show_search(walk: Walk) -> None:
    """Search with a typo and by the first letters."""
    table = Table(title="Search, forgiving", title_justify="left")
    table.add_column("typed")
    table.add_column("found first")
    for typed in ("blade runer", "casablnca", "the godf"):
        items = walk.call("Search", "GET", "/v1/movies", params={"q": typed, "limit": 3})["items"]
        table.add_row(typed, " · ".join(f"{i['title']} ({i['year']})" for i in items) or "nothing")
    console.print(table)


def recommended(walk: Walk) -> dict[str, Any]:
    """Return the member's recommendations as they are now."""
    answer: dict[str, Any] = walk.call(
        "Recommendations", "GET", "/v1/me/recommendations", params={"limit": SHOWN}
    )
    return answer


def show_recommended(title: str, answer: dict[str, Any], before: set[str]) -> None:
    """Show a list with its reasons; films that were not in `before` are marked."""
    table = Table(title=f"{title} (model {answer['model']})", title_justify="left")
    table.add_column("")
    table.add_column("film")
    table.add_column("score", justify="right")
    table.add_column("why", overflow="fold")
    for item in answer["items"]:
        movie = item["movie"]
        reasons = "; ".join(f"{r['text']} ({r['weight']:.0%})" for r in item["reasons"][:3])
        new = "" if not before or movie["slug"] in before else "[green]new[/]"
        table.add_row(new, f"{movie['title']} ({movie['year']})", f"{item['score']:.2f}", reasons)
    console.print(table)


def show_times(walk: Walk) -> None:
    """Show what each step took."""
    grouped: dict[str, list[float]] = {}
    for name, took in walk.times:
        shown = re.sub(r"/v1/movies/[^/]+/", "/v1/movies/{slug}/", name)
        grouped.setdefault(shown, []).append(took)
    table = Table(title="Milliseconds, through the gateway", title_justify="left")
    table.add_column("request")
    for name in ("calls", "first", "best"):
        table.add_column(name, justify="right")
    for name, times in grouped.items():
        table.add_row(name, str(len(times)), f"{times[0]:.1f}", f"{min(times):.1f}")
    console.print(table)


def main() -> None:
    """Walk."""
    url = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
    walk = Walk(url, Path(os.environ.get("DATA_DIR", ".data")))
    try:
        ready = walk.http.get("/health/ready")
    except httpx.TransportError:
        console.print(
            f"Nothing answers at {url}. Start it with [bold]make up[/] in another terminal."
        )
        sys.exit(1)
    if ready.is_error:
        console.print(f"[red]The system at {url} is not ready:[/] {ready.text}")
        sys.exit(1)
    console.print(Panel("Searching", expand=False))
    show_search(walk)
    console.print(Panel("Signing up", expand=False))
    sign_up(walk)
    console.print(Panel("Recommendations before any rating", expand=False))
    before = recommended(walk)
    show_recommended("Before", before, set())
    console.print(Panel("Rating", expand=False))
    last = ""
    for title, value in RATED.items():
        film = find(walk, title)
        if film is None:
            continue
        walk.call("Rate", "PUT", f"/v1/movies/{film['slug']}/rating", json={"value": value})
        console.print(f"  {film['title']} ({film['year']}): {value}")
        last = film["slug"]
    console.print(Panel("The very next call", expand=False))
    after = recommended(walk)
    show_recommended("After", after, {item["movie"]["slug"] for item in before["items"]})
    if last:
        summary = walk.call("Ratings", "GET", f"/v1/movies/{last}/ratings")
        console.print(f"{last}: {summary['count']} ratings, average {summary['average']}")
    walk.call("Log out", "POST", "/v1/auth/logout")
    show_times(walk)


if __name__ == "__main__":
    main()
