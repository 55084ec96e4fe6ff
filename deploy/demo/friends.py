"""Two members and a stranger: befriend, react, comment, share a list, block - seen by each."""

from deploy.demo.walk import Walk, console, sign_up
from rich.panel import Panel
from rich.table import Table


def seen(people: dict[str, Walk], what: str, path: str) -> None:
    """Show what each of them gets."""
    table = Table(title=what, title_justify="left")
    table.add_column("who")
    table.add_column("answer")
    for who, walk in people.items():
        answer = walk.http.get(path)
        told = answer.json()
        shown = told.get("code") or (f"{len(told['items'])} items" if "items" in told else "shown")
        table.add_row(who, f"{answer.status_code} {shown}")
    console.print(table)


def friends_evening(one: Walk) -> None:
    """Walk a friendship from its request to its end."""
    people = {"Ann": one}
    for name in ("Bob", "a stranger"):
        people[name] = Walk(str(one.http.base_url), one.folder, one.times)
        sign_up(people[name], quietly=True)
    ann, bob = people["Ann"], people["Bob"]
    sign_up(ann, quietly=True)

    console.print(Panel("Ann asks, Bob accepts", expand=False))
    ann.call("Ask", "PUT", f"/v1/users/{bob.name}/friend-request")
    asked = bob.call("Notifications", "GET", "/v1/me/notifications")["items"]
    console.print(f"  Bob reads: {asked[0]['kind']} from {asked[0]['actor']['username']}")
    bob.call("Accept", "PUT", f"/v1/users/{ann.name}/friend-request")

    console.print(Panel("A review, a reaction, a comment", expand=False))
    film = ann.call("Films", "GET", "/v1/movies", params={"limit": 1})["items"][0]["slug"]
    review = ann.call(
        "Review",
        "POST",
        f"/v1/movies/{film}/reviews",
        json={
            "title": "Stay to the end",
            "content": "The last scene turns everything around.",
            "is_positive": True,
            "has_spoilers": True,
        },
    )
    path = f"/v1/reviews/{review['id']}"
    hidden = bob.call("Read", "GET", path)
    console.print(f"  Bob, who has not seen it, reads: {hidden['content']}")
    bob.call("Seen", "PUT", f"/v1/movies/{film}/signal", json={"kind": "seen"})
    console.print(f"  and once he has: {bob.call('Read', 'GET', path)['content']}")
    bob.call("React", "PUT", f"{path}/reactions/MIND_BLOWN")
    bob.call("Comment", "POST", f"{path}/comments", json={"content": "I had to sit down."})
    told = ann.call("Notifications", "GET", "/v1/me/notifications")["items"]
    console.print(f"  Ann reads: {', '.join(item['kind'] for item in told)}")
    feed = bob.call("Feed", "GET", "/v1/me/feed")["items"]
    console.print(f"  Bob's feed: {', '.join(item['kind'] for item in feed)}")

    console.print(Panel("A list for friends, then a block", expand=False))
    body = {"name": "For a rainy night", "privacy": "friends"}
    made = ann.call("List", "POST", "/v1/me/lists", json=body)
    ann.call("Add", "PUT", f"/v1/users/{ann.name}/lists/{made['slug']}/movies/{film}", json={})
    path = f"/v1/users/{ann.name}/lists/{made['slug']}"
    seen(people, "Ann's list for friends", path)
    ann.call("Block", "PUT", f"/v1/me/blocks/{bob.name}")
    seen(people, "after Ann has blocked Bob", path)
    seen(people, "Ann's reviews, then", f"/v1/users/{ann.name}/reviews")
