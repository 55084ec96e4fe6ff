"""A film's page, what members do there, and the talk about it."""

from typing import Any

import orjson
import pytest
import pytest_asyncio
from gateway_web import HTML, form_token, sign_in
from gateway_web_film import SLUG, comment


@pytest_asyncio.fixture
async def ada(gateway: Any, film: Any) -> Any:
    """A member's browser."""
    await sign_in(gateway.client)
    return gateway.client


async def submit(client: Any, page: str, target: str, **values: str) -> Any:
    shown = await client.get(page, headers=HTML)
    data = {"form_token": form_token(shown.text), **values}
    return await client.post(
        target, data=data, headers={**HTML, "Referer": f"{client.base_url}{page}"}
    )


async def test_a_guest_reads_everything_public(gateway: Any, film: Any) -> None:
    page = (await gateway.client.get(f"/films/{SLUG}", headers=HTML)).text
    for expected in ("Alien &lt;1979&gt;", "Ridley Scott", "Ripley", "Nostromo+", "1 h 57 min", "4.2",
                     "55 ratings", "Cold &amp; &lt;b&gt;still&lt;/b&gt;", "Sunshine",
                     f"/sign-in?next=%2Ffilms%2F{SLUG}"):  # fmt: skip
        assert expected in page, expected
    assert "form_token" not in page
    assert film.received("/v1/movies/alien-1979/why") == []


async def test_a_member_sees_why_and_their_own_marks(ada: Any, film: Any) -> None:
    film.answers(f"/v1/movies/{SLUG}/rating", body=b'{"value":3.5}')
    film.answers(f"/v1/movies/{SLUG}/signal", body=b'{"kind":"like"}')
    page = (await ada.get(f"/films/{SLUG}", headers=HTML)).text
    assert "Because you rated Aliens" in page
    assert "You have watched 40 % of it." in page
    assert 'value="3.5" checked' in page
    assert page.count('aria-pressed="true"') == 3, "liked, on the list Ships, reacted with fire"


@pytest.mark.parametrize("part", ["ratings", "similar", "reviews", "why", "rating"])
async def test_a_part_that_is_missing_leaves_the_film(ada: Any, film: Any, part: str) -> None:
    film.answers(f"/v1/movies/{SLUG}/{part}", status=503)
    page = await ada.get(f"/films/{SLUG}", headers=HTML)
    assert page.status_code == 200
    assert page.text.count("This part could not be loaded") == 1
    assert "Ridley Scott" in page.text


async def test_no_film_is_404_and_a_dead_catalog_503(gateway: Any, film: Any) -> None:
    film.answers(
        "/v1/movies/nothing", status=404, body=b'{"code":"movie_not_found","detail":"Gone."}'
    )
    missing = await gateway.client.get("/films/nothing", headers=HTML)
    assert missing.status_code == 404
    assert "Gone." in missing.text
    film.answers(f"/v1/movies/{SLUG}", status=503, headers={"Retry-After": "7"})
    away = await gateway.client.get(f"/films/{SLUG}", headers=HTML)
    assert away.status_code == 503
    assert "retry-after" in away.headers


async def test_a_renamed_film_is_found_under_its_new_name(gateway: Any, film: Any) -> None:
    film.answers("/v1/movies/old", status=308, headers={"Location": f"/v1/movies/{SLUG}"})
    answer = await gateway.client.get("/films/old", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (308, f"/films/{SLUG}")


@pytest.mark.parametrize(
    ("target", "values", "call", "sent"),
    [
        ("rating", {"value": "4.5"}, ("PUT", "/v1/movies/alien-1979/rating"), {"value": 4.5}),
        ("rating", {"remove": "yes"}, ("DELETE", "/v1/movies/alien-1979/rating"), None),
        ("signal", {"kind": "seen"}, ("PUT", "/v1/movies/alien-1979/signal"), {"kind": "seen"}),
        ("signal", {"kind": "seen", "remove": "yes"}, ("DELETE", "/v1/movies/alien-1979/signal"), None),
        ("watchlist", {}, ("PUT", "/v1/me/watchlist/alien-1979"), {}),
        ("watchlist", {"remove": "yes"}, ("DELETE", "/v1/me/watchlist/alien-1979"), None),
        ("lists", {"list": "ships"}, ("PUT", "/v1/users/ada/lists/ships/movies/alien-1979"), {}),
    ],
)  # fmt: skip
async def test_marks_are_one_call_and_a_redirect(
    ada: Any, film: Any, target: str, values: dict[str, str], call: tuple[str, str], sent: Any
) -> None:
    before = len(film.received(call[1]))
    film.answers(
        call[1], status=200 if call[0] == "PUT" else 204, body=b"{}" if call[0] == "PUT" else b""
    )
    answer = await submit(ada, f"/films/{SLUG}", f"/films/{SLUG}/{target}", **values)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/films/{SLUG}")
    asked = [one for one in film.received(call[1])[before:] if one.method == call[0]]
    [request] = asked
    assert (orjson.loads(request.body) if request.body else None) == sent


@pytest.mark.parametrize("name", ["a/b", "..", "", "a%2fb", "\x00", "a?b=c#d"])
async def test_no_name_leads_out_of_its_place_in_a_path(ada: Any, film: Any, name: str) -> None:
    shown = await ada.get(f"/films/{SLUG}", headers=HTML)
    before = len(film.requests)
    data = {"form_token": form_token(shown.text), "list": name}
    answer = await ada.post(f"/films/{SLUG}/lists", data=data, headers=HTML)
    assert answer.status_code in {303, 400}
    for request in film.requests[before:]:
        assert request.path.startswith("/v1/users/ada/lists/a%")
        assert request.path.endswith(f"/movies/{SLUG}")


async def test_a_refused_mark_says_why_on_the_film(ada: Any, film: Any) -> None:
    body = {"code": "validation_failed", "detail": "No.", "errors": [
        {"pointer": "/value", "code": "x", "detail": "Half stars only."}]}  # fmt: skip
    film.answers(f"/v1/movies/{SLUG}/rating", status=422, body=orjson.dumps(body))
    answer = await submit(ada, f"/films/{SLUG}", f"/films/{SLUG}/rating", value="nonsense")
    assert answer.status_code == 303
    film.answers(f"/v1/movies/{SLUG}/rating", status=404, body=b'{"code":"none"}')
    page = (await ada.get(f"/films/{SLUG}", headers=HTML)).text
    assert '<p class="note no">Half stars only.</p>' in page


async def test_a_wrong_review_keeps_its_words(ada: Any, film: Any) -> None:
    body = {"code": "validation_failed", "detail": "No.", "errors": [
        {"pointer": "/title", "code": "x", "detail": "Too short."}]}  # fmt: skip
    shown = await ada.get(f"/films/{SLUG}", headers=HTML)
    film.answers(f"/v1/movies/{SLUG}/reviews", status=422, body=orjson.dumps(body))
    data = {
        "form_token": form_token(shown.text),
        "title": "",
        "content": "My\nwords",
        "verdict": "no",
    }
    answer = await ada.post(f"/films/{SLUG}/reviews", data=data, headers=HTML)
    assert answer.status_code == 422
    assert "Too short." in answer.text
    assert "My\nwords</textarea>" in answer.text
    assert '<details class="writing" open>' in answer.text
    [post] = [one for one in film.received(f"/v1/movies/{SLUG}/reviews") if one.method == "POST"]
    assert orjson.loads(post.body)["is_positive"] is False


async def test_whoever_is_not_verified_is_told_first(ada: Any, film: Any) -> None:
    shown = await ada.get(f"/films/{SLUG}", headers=HTML)
    problem = b'{"code":"email_not_verified","detail":"Verify first."}'
    film.answers(f"/v1/movies/{SLUG}/reviews", status=403, body=problem)
    data = {"form_token": form_token(shown.text), "title": "A title", "content": "Some words here"}
    answer = await ada.post(f"/films/{SLUG}/reviews", data=data, headers=HTML)
    assert answer.status_code == 403
    assert 'href="/verify"' in answer.text
    assert "Some words here" in answer.text


async def test_a_thread_is_shown_in_its_order_and_keeps_secrets(ada: Any, film: Any) -> None:
    page = (await ada.get("/reviews/7", headers=HTML)).text
    assert page.index("Comment 1") < page.index("comment-2") < page.index("Comment 3")
    assert "depth-6" in page, "deeper ones are set in no further"
    assert "it gives something away" in page
    await ada.get("/reviews/7?spoilers=show", headers=HTML)
    assert "spoilers=show" in film.received("/v1/reviews/7/comments")[-1].target


async def test_comments_replies_and_reactions(ada: Any, film: Any) -> None:
    made = orjson.dumps(comment(11, 1))
    film.answers("/v1/comments/1/replies", status=201, body=made)
    answer = await submit(
        ada, "/reviews/7", "/comments/1/replies", content="Yes", has_spoilers="yes"
    )
    assert answer.headers["location"] == "/reviews/7#comment-11"
    [sent] = film.received("/v1/comments/1/replies")
    assert orjson.loads(sent.body) == {"content": "Yes", "has_spoilers": True}
    film.answers("/v1/comments/1/reactions/FIRE", body=b"{}")
    answer = await submit(ada, "/reviews/7", "/comments/1/reactions", emoji="FIRE")
    assert answer.headers["location"] == "/reviews/7#comment-1"
    film.answers("/v1/comments/1", body=made)
    body = {"code": "validation_failed", "errors": [
        {"pointer": "/content", "code": "x", "detail": "Say something."}]}  # fmt: skip
    film.answers("/v1/comments/1/replies", status=422, body=orjson.dumps(body))
    answer = await submit(ada, "/reviews/7", "/comments/1/replies", content="kept words")
    assert answer.status_code == 422
    assert "Say something." in answer.text
    assert answer.text.count("kept words") == 1
    assert '<details class="reply" open>' in answer.text


async def test_a_review_is_changed_by_its_author(ada: Any, film: Any) -> None:
    shown = await ada.get("/reviews/7/edit", headers=HTML)
    assert "One.\n\nTwo.</textarea>" in shown.text
    answer = await submit(
        ada, "/reviews/7/edit", "/reviews/7/edit", title="T", content="C", verdict="no"
    )
    assert answer.headers["location"] == "/reviews/7"
    [patch] = [one for one in film.received("/v1/reviews/7") if one.method == "PATCH"]
    assert orjson.loads(patch.body) == {
        "title": "T", "content": "C", "is_positive": False, "has_spoilers": False
    }  # fmt: skip
