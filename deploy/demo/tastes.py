"""Two members with plainly different tastes, and what each is shown a moment later."""

import sys
from collections import Counter
from typing import Any

from deploy.demo.evening import find
from deploy.demo.walk import Walk, console, sign_up
from rich.panel import Panel
from rich.table import Table

TASTES = {
    "who loves horror": ("Alien", "The Thing", "The Shining", "Halloween", "Scream", "Psycho"),
    "who loves animation": ("Toy Story", "Finding Nemo", "The Lion King", "Shrek", "Up", "Aladdin"),
}
SHOWN = 10
SHARED = 2
"""Films that both may be shown."""


def two_tastes(one: Walk) -> None:
    """Let two new members rate a few films each; their lists must have little in common."""
    console.print(Panel("Two tastes, two lists", expand=False))
    lists: dict[str, list[dict[str, Any]]] = {}
    for who, loved in TASTES.items():
        member = Walk(str(one.http.base_url), one.folder, one.times)
        sign_up(member, quietly=True)
        for title in loved:
            if film := find(member, title):
                member.call("Rate", "PUT", f"/v1/movies/{film['slug']}/rating", json={"value": 5.0})
        path = f"/v1/me/recommendations?limit={SHOWN}"
        member.until("A first model", path, lambda told: told["model"] is not None)
        answer = member.call("Recommendations", "GET", path)
        lists[who] = [item["movie"] for item in answer["items"]]
    table = Table(title="The very next call of a member", title_justify="left")
    for who in lists:
        table.add_column(who)
    for films in zip(*lists.values(), strict=True):
        table.add_row(*(f"{film['title']} ({film['year']})" for film in films))
    console.print(table)
    for who, films in lists.items():
        genres = Counter(genre["name"] for film in films for genre in film["genres"])
        told = ", ".join(f"{name} {count}" for name, count in genres.most_common(4))
        console.print(f"  {who}: {told}")
    first, second = ({film["slug"] for film in films} for films in lists.values())
    console.print(f"  films that both are shown: {len(first & second)} of {SHOWN}")
    if len(first & second) > SHARED:
        console.print("[red]Tastes so different should not be shown the same films.[/]")
        sys.exit(1)
