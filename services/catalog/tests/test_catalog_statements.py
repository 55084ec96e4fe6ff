"""Every read sends as many statements for many rows as for a few: made from the route table."""

import pytest

FIRST = {
    "/v1/movies/{slug}": "/v1/movies/film-0?include=credits,translations",
    "/v1/movies/{slug}/audit": "/v1/movies/film-0/audit",
    "/v1/movies/{slug}/placeholder.svg": "/v1/movies/film-0/placeholder.svg",
    "/v1/movies/lookup": "/v1/movies/lookup?imdb=tt0000001",
    "/v1/people/{slug}": "/v1/people/person-0",
    "/v1/people/{slug}/audit": "/v1/people/person-0/audit",
    "/v1/people/{slug}/movies": "/v1/people/person-0/movies",
    "/v1/channels/{path}": "/v1/channels/world",
    "/v1/contents/{path}": "/v1/contents/world/leaf-0/content-0",
    "/v1/groups/{slug}": "/v1/groups/group-0",
    "/v1/search": "/v1/search?q=fil",
    **{
        f"/v1/{kind}/{{slug}}{part}": f"/v1/{kind}/{kind[:-1]}-0{part}"
        for kind in ("genres", "tags", "platforms", "awards")
        for part in ("", "/audit")
    },
}
"""Routes with something to fill in; a list stands for itself."""
MORE = [
    "/v1/movies?q=film&include=facets",
    "/v1/movies?q=filn",
    "/v1/movies?genre=genre-0&person=person-0&sort=release_date&page=1",
    "/v1/movies?ids=1,2,3",
    "/v1/people?q=person&role=actor",
    "/v1/genres?page=1",
]
APART = ("/v1/operations", "/v1/imports", "/v1/exports", "/v1/pictures", "/health", "/internal",
         "/admin", "/metrics", "/openapi", "/docs")  # fmt: skip
"""Jobs, streams, files and the panel."""
MOST = 8


@pytest.fixture
def populate(client, authorization):
    """Add films, each sharing its terms, its people and a channel with all the others."""
    headers = authorization(roles=["editor"])

    async def post(path, body):
        answer = await client.post(path, json=body, headers=headers)
        assert answer.status_code == 201, answer.text

    async def run(first, last):
        for n in range(first, last):
            for kind in ("genre", "tag", "platform", "award"):
                await post(f"/v1/{kind}s", {"name": f"{kind} {n}"})
            await post("/v1/people", {"name": f"Person {n}"})
            await post("/v1/groups", {"title": f"Group {n}"})
        if first == 0:
            await post("/v1/channels", {"title": "World"})
        for n in range(first, last):
            await post(
                "/v1/movies",
                {
                    "title": f"Film {n}",
                    "slug": f"film-{n}",
                    "synopsis": "What the film is about.",
                    "genres": [f"genre-{k}" for k in range(last)],
                    "tags": [f"tag-{k}" for k in range(last)],
                    "platforms": [{"slug": f"platform-{k}", "country": "FR"} for k in range(last)],
                    "awards": [
                        {"slug": f"award-{k}", "year": 2000, "category": "film", "won": True}
                        for k in range(last)
                    ],
                    "credits": [
                        {"person": f"person-{k}", "job": "actor", "order": k} for k in range(last)
                    ],
                    "external_ids": {"imdb": f"tt{n + 1:07}"},
                },
            )
            leaf = {"title": f"Leaf {n}", "parent": "world", "groups": [f"group-{n}"]}
            await post("/v1/channels", leaf)
            content = {"title": f"Content {n}", "channel": f"world/leaf-{n}", "rating": 7.5}
            await post(
                "/v1/contents", {**content, "file_url": "https://example.org/f", "metadata": {}}
            )

    return run


async def test_every_read_sends_as_many_statements_for_many_rows_as_for_few(
    app, client, authorization, populate, count_statements
):
    routes = {
        path for path, operations in app.openapi()["paths"].items()
        if "get" in operations and not path.startswith(APART)
    }  # fmt: skip
    unknown = {path for path in routes if "{" in path} - set(FIRST)
    assert not unknown, f"say how to ask {sorted(unknown)}"
    asked = sorted([FIRST.get(path, path) for path in routes] + MORE)
    headers = authorization(roles=["editor"])

    async def statements():
        counts = {}
        for path in asked:
            with count_statements() as sent:
                answer = await client.get(path, headers=headers)
            assert answer.status_code == 200, f"{path}: {answer.text[:300]}"
            counts[path] = len(sent)
        return counts

    await populate(0, 2)
    few = await statements()
    await populate(2, 9)
    assert await statements() == few
    assert max(few.values()) <= MOST, few
