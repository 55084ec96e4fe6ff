"""The first scene: a search, a sign-up, six ratings, and recommendations before and after."""

from typing import Any

from deploy.demo.walk import Walk, console, sign_up
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


def first_evening(walk: Walk) -> None:
    """Search, sign up, rate, and see what the next recommendations make of it."""
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
