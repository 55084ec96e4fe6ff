import csv
import io

import pytest

from marquee_catalog.channels.report import as_csv


@pytest.fixture
def editor(authorization):
    return authorization(roles=["editor"])


@pytest.fixture
def make(client, editor):
    """Make channels, contents or groups: `await make("channels", title=…)` returns the body."""

    async def create(kind, **body):
        answer = await client.post(f"/v1/{kind}", json=body, headers=editor)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return create


async def at(client, path, **options):
    return await client.get(f"/v1/channels/{path}", **options)


async def groups_of(client, path):
    return [group["slug"] for group in (await at(client, path)).json()["groups"]]


@pytest.fixture
async def tree(make):
    """World > Nature > (Oceans, Forests), and what they hold."""
    await make("groups", title="Kids")
    await make("groups", title="Night")
    await make("channels", title="World")
    await make("channels", title="Nature", parent="world")
    await make("channels", title="Oceans", parent="world/nature", groups=["kids"])
    await make("channels", title="Forests", parent="world/nature", groups=["night"])
    await make("contents", title="Whales", channel="world/nature/oceans", rating=9.5)
    await make("contents", title="Reefs", channel="world/nature/oceans", rating=7)


async def test_fields_are_chosen_from_a_channel_or_a_content(client, tree):
    nature = await at(client, "world/nature?fields=title,path")
    assert set(nature.json()) == {"id", "title", "path"}
    whales = await at(client, "world/nature/oceans/whales?fields=rating")
    assert set(whales.json()) == {"id", "rating"}
    assert (await at(client, "world?fields=nonsense")).status_code == 422


async def test_what_lies_at_a_path_is_found_with_its_whole_chain(client, tree, count_statements):
    with count_statements() as sent:
        answer = await at(client, "world/nature/oceans")
    assert len([s for s in sent if "walk" in s]) == len(sent) == 1
    oceans = answer.json()
    assert (oceans["type"], oceans["path"], oceans["parent"]) == (
        "channel", "world/nature/oceans", "world/nature",
    )  # fmt: skip
    assert [c["path"] for c in oceans["contents"]] == [
        "world/nature/oceans/reefs", "world/nature/oceans/whales",
    ]  # fmt: skip
    whales = (await at(client, "world/nature/oceans/whales")).json()
    assert (whales["type"], whales["channel"], whales["rating"]) == (
        "content", "world/nature/oceans", 9.5,
    )  # fmt: skip
    assert (await client.get("/v1/contents/world/nature/oceans/whales")).json() == whales
    world = (await at(client, "world")).json()
    assert world["parent"] is None
    assert [child["path"] for child in world["children"]] == ["world/nature"]


@pytest.mark.parametrize(
    "path",
    ["nature", "oceans", "world/oceans", "nature/oceans", "world/nature/oceans/sharks",
     "world//nature", "world/", "/world", "world/nature/oceans/whales/whales", "World"],
)  # fmt: skip
async def test_a_chain_that_does_not_match_is_404(client, tree, path):
    answer = await at(client, path)
    assert (answer.status_code, answer.json()["code"]) == (404, "channel_not_found")


async def test_what_is_inactive_is_hidden_with_all_below_it_but_from_editors(
    client, tree, editor, authorization
):
    await client.patch("/v1/channels/world/nature", json={"active": False}, headers=editor)
    for path in ("world/nature", "world/nature/oceans", "world/nature/oceans/whales"):
        assert (await at(client, path)).status_code == 404
        assert (await at(client, path, headers=authorization())).status_code == 404
        assert (await at(client, path, headers=editor)).status_code == 200
    assert (await client.get("/v1/contents/world/nature/oceans/whales")).status_code == 404
    world = (await at(client, "world")).json()
    assert (world["children"], world["groups"]) == ([], [])
    listed = await client.get("/v1/channels", params={"parent": "world"})
    assert listed.json()["items"] == []
    report = (await client.get("/v1/channels/ratings")).json()["items"]
    assert report == [{"path": "world", "title": "World", "average": 0, "contents": 0}]
    await client.patch("/v1/channels/world/nature", json={"active": True}, headers=editor)
    assert await groups_of(client, "world") == ["kids", "night"]
    whales = "/v1/contents/world/nature/oceans/whales"
    await client.patch(whales, json={"active": False}, headers=editor)
    assert (await client.get(whales)).status_code == 404
    assert (await at(client, "world/nature/oceans/whales")).status_code == 404


async def test_a_channels_groups_are_its_own_and_those_below_right_after_any_change(
    client, tree, editor, make
):
    assert await groups_of(client, "world") == ["kids", "night"]
    assert await groups_of(client, "world/nature/oceans") == ["kids"]
    await make("channels", title="Reefs", parent="world/nature/forests", groups=["kids"])
    change = {"groups": []}
    await client.patch("/v1/channels/world/nature/oceans", json=change, headers=editor)
    assert await groups_of(client, "world") == ["kids", "night"]  # another source stays
    await client.delete("/v1/channels/world/nature/forests/reefs", headers=editor)
    assert await groups_of(client, "world") == ["night"]
    await client.patch("/v1/channels/world", json={"groups": ["night", "kids"]}, headers=editor)
    await client.patch("/v1/channels/world/nature/forests", json={"parent": None}, headers=editor)
    assert await groups_of(client, "world/nature") == []
    assert await groups_of(client, "world") == ["kids", "night"]
    assert await groups_of(client, "forests") == ["night"]
    own = (await at(client, "world")).json()["own_groups"]
    assert own == [{"slug": "kids", "title": "Kids"}, {"slug": "night", "title": "Night"}]
    await client.delete("/v1/groups/night", headers=editor)
    assert (await groups_of(client, "world"), await groups_of(client, "forests")) == (["kids"], [])


async def test_group_keeps_direct_children_that_have_it(client, tree):
    nature = (await at(client, "world/nature", params={"group": "kids"})).json()
    assert [child["slug"] for child in nature["children"]] == ["oceans"]
    world = (await at(client, "world", params={"group": "night"})).json()
    assert [child["slug"] for child in world["children"]] == ["nature"]
    assert (await at(client, "world", params={"group": "none"})).json()["children"] == []
    listed = await client.get("/v1/channels", params={"parent": "world/nature", "group": "night"})
    assert [item["path"] for item in listed.json()["items"]] == ["world/nature/forests"]


async def test_roots_and_children_are_listed_by_cursor_and_page(client, make):
    for title in ("Beta", "Alpha", "Gamma"):
        await make("channels", title=title)
    for title in ("Gamma", "Alpha"):
        await make("channels", title=title, parent="beta")
    first = (await client.get("/v1/channels", params={"limit": 2})).json()
    assert [item["slug"] for item in first["items"]] == ["alpha", "beta"]
    rest = await client.get("/v1/channels", params={"limit": 2, "cursor": first["next_cursor"]})
    assert [item["slug"] for item in rest.json()["items"]] == ["gamma"]
    page = (await client.get("/v1/channels?parent=beta&page=2&limit=1")).json()
    assert [item["path"] for item in page["items"]] == ["beta/gamma"]
    assert (page["pages"], page["total"]) == (2, 2)
    assert (await client.get("/v1/channels?parent=nowhere")).json()["items"] == []


async def test_contents_lie_in_leaves_only(client, tree, editor):
    leaf = "world/nature/oceans"
    answer = await client.post(
        "/v1/channels", json={"title": "Deep", "parent": leaf}, headers=editor
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "channel_has_contents")
    body = {"title": "Overview", "channel": "world/nature"}
    answer = await client.post("/v1/contents", json=body, headers=editor)
    assert (answer.status_code, answer.json()["code"]) == (409, "channel_has_channels")
    move = {"parent": leaf}
    answer = await client.patch("/v1/channels/world/nature/forests", json=move, headers=editor)
    assert (answer.status_code, answer.json()["code"]) == (409, "channel_has_contents")
    move = {"channel": "world"}
    answer = await client.patch(f"/v1/contents/{leaf}/whales", json=move, headers=editor)
    assert (answer.status_code, answer.json()["code"]) == (409, "channel_has_channels")
    for name in ("whales", "reefs"):
        assert (
            await client.delete(f"/v1/contents/{leaf}/{name}", headers=editor)
        ).status_code == 204
    answer = await client.post(
        "/v1/channels", json={"title": "Deep", "parent": leaf}, headers=editor
    )
    assert answer.status_code == 201


async def test_no_channel_lies_below_itself(client, tree, editor):
    for below in ("world", "world/nature", "world/nature/forests"):
        answer = await client.patch("/v1/channels/world", json={"parent": below}, headers=editor)
        assert (answer.status_code, answer.json()["code"]) == (409, "channel_cycle")


async def test_a_move_takes_all_below_it_along(client, tree, editor, make):
    await make("channels", title="Archive")
    answer = await client.patch(
        "/v1/channels/world/nature", json={"parent": "archive"}, headers=editor
    )
    assert answer.json()["path"] == "archive/nature"
    assert (await at(client, "archive/nature/oceans/whales")).status_code == 200
    assert (await at(client, "world/nature")).status_code == 404
    assert await groups_of(client, "archive") == ["kids", "night"]
    move = {"channel": "archive/nature/forests"}
    answer = await client.patch(
        "/v1/contents/archive/nature/oceans/whales", json=move, headers=editor
    )
    assert answer.json()["path"] == "archive/nature/forests/whales"


async def test_slugs_are_unique_among_siblings(client, tree, editor, make):
    for body in ({"title": "World"}, {"title": "NATURE!", "parent": "world"}):
        answer = await client.post("/v1/channels", json=body, headers=editor)
        assert (answer.status_code, answer.json()["code"]) == (409, "path_taken")
    await make("channels", title="Nature")
    answer = await client.patch("/v1/channels/nature", json={"parent": "world"}, headers=editor)
    assert (answer.status_code, answer.json()["code"]) == (409, "path_taken")
    body = {"title": "Whales", "channel": "world/nature/oceans"}
    answer = await client.post("/v1/contents", json=body, headers=editor)
    assert answer.json()["detail"] == (
        "There is something else at world/nature/oceans/whales already."
    )
    assert (await make("channels", title="Ratings"))["path"] == "ratings-channel"
    answer = await client.post("/v1/groups", json={"title": "kids"}, headers=editor)
    assert (answer.status_code, answer.json()["code"]) == (409, "group_exists")


async def test_only_what_is_empty_goes_unless_asked_for(client, tree, editor):
    for path in ("world", "world/nature/oceans"):
        answer = await client.delete(f"/v1/channels/{path}", headers=editor)
        assert (answer.status_code, answer.json()["code"]) == (409, "channel_not_empty")
    answer = await client.delete("/v1/channels/world/nature?recursive=true", headers=editor)
    assert answer.status_code == 204
    assert (await client.delete("/v1/channels/world/nature", headers=editor)).status_code == 204
    missing = await client.delete("/v1/channels/nowhere/nature", headers=editor)
    assert missing.status_code == 404
    world = (await at(client, "world")).json()
    assert (world["children"], world["groups"]) == ([], [])
    assert (await client.delete("/v1/contents/world/film", headers=editor)).status_code == 204
    assert (await client.delete("/v1/contents/film", headers=editor)).status_code == 404


async def test_writes_need_an_editor_and_the_version_they_saw(client, tree, editor, authorization):
    for kind in ("channels", "contents", "groups"):
        assert (await client.post(f"/v1/{kind}", json={"title": "x"})).status_code == 401
        answer = await client.post(f"/v1/{kind}", json={"title": "x"}, headers=authorization())
        assert answer.status_code == 403
    for address in ("channels/world", "contents/world/nature/oceans/whales", "groups/kids"):
        seen = (await client.get(f"/v1/{address}", headers=editor)).headers["etag"]
        current = {**editor, "If-Match": seen}
        change = {"title": "Changed"}
        answer = await client.patch(f"/v1/{address}", json=change, headers=current)
        assert (answer.status_code, answer.json()["title"]) == (200, "Changed")
        stale = await client.patch(f"/v1/{address}", json=change, headers=current)
        assert stale.status_code == 412
        assert (await client.delete(f"/v1/{address}", headers=current)).status_code == 412
        known = await client.get(f"/v1/{address}")
        again = await client.get(f"/v1/{address}", headers={"If-None-Match": known.headers["etag"]})
        assert again.status_code == 304


@pytest.mark.parametrize(
    ("kind", "body", "pointer"),
    [
        ("channels", {"title": ""}, "/title"),
        ("channels", {"title": "x", "parent": "nowhere"}, "/parent"),
        ("channels", {"title": "x", "groups": ["kids", "none"]}, "/groups/1"),
        ("channels", {"title": "x", "picture_url": "javascript:alert(1)"}, "/picture_url"),
        ("channels", {"title": "x", "owner": "me"}, "/owner"),
        ("contents", {"title": "x", "channel": "nowhere"}, "/channel"),
        ("contents", {"title": "x", "channel": "world", "rating": 10.5}, "/rating"),
        ("contents", {"title": "x", "channel": "world", "rating": 7.25}, "/rating"),
        ("contents", {"title": "x", "channel": "world", "metadata": {"n": 2**80}}, "/metadata"),
        ("contents", {"title": "x", "channel": "world", "metadata": []}, "/metadata"),
    ],
)
async def test_what_is_wrong_is_named(client, tree, editor, kind, body, pointer):
    answer = await client.post(f"/v1/{kind}", json=body, headers=editor)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_the_report_is_a_flat_mean_over_all_below_best_first(
    client, tree, make, count_statements
):
    await make("contents", title="Oaks", channel="world/nature/forests", rating=6)
    await make("contents", title="Elms", channel="world/nature/forests", active=False, rating=1)
    await make("contents", title="Unrated", channel="world/nature/forests")
    with count_statements() as sent:
        answer = await client.get("/v1/channels/ratings")
    assert len(sent) == 1
    assert answer.json()["items"] == [
        {"path": "world/nature/oceans", "title": "Oceans", "average": 8.25, "contents": 2},
        {"path": "world", "title": "World", "average": 7.5, "contents": 4},
        {"path": "world/nature", "title": "Nature", "average": 7.5, "contents": 4},
        {"path": "world/nature/forests", "title": "Forests", "average": 6.0, "contents": 2},
    ]
    await make("contents", title="Pines", channel="world/nature/forests", rating=6.5)
    report = (await client.get("/v1/channels/ratings")).json()["items"]
    assert [(item["title"], item["average"]) for item in report[1:]] == [
        ("World", 7.25), ("Nature", 7.25), ("Forests", 6.25),
    ]  # fmt: skip


async def test_the_report_as_csv_holds_no_formulas(client, make):
    for title in ("=1+1", "+2", "-3", "@x", 'Quoted, "twice"', "Plain"):
        await make("channels", title=title)
    await make("contents", title="a", channel="plain", rating=1)
    await make("contents", title="b", channel="plain", rating=1)
    await make("contents", title="c", channel="plain", rating=2)
    answer = await client.get("/v1/channels/ratings", headers={"Accept": "text/csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "Accept" in answer.headers["vary"].split(", ")
    assert answer.text.startswith("Channel Title,Average Rating\r\nPlain,1.333\r\n")
    rows = list(csv.reader(io.StringIO(answer.text)))[2:]
    assert sorted(rows) == [
        ["'+2", "0.000"], ["'-3", "0.000"], ["'=1+1", "0.000"], ["'@x", "0.000"],
        ['Quoted, "twice"', "0.000"],
    ]  # fmt: skip
    for accept in ("application/json", "application/json, text/csv", "*/*", ""):
        answer = await client.get("/v1/channels/ratings", headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/json"


async def test_an_empty_forest_has_a_report_too(client):
    assert (await client.get("/v1/channels/ratings")).json() == {"items": []}
    assert as_csv([]) == "Channel Title,Average Rating\r\n"
