"""Translations against a stand-in for DeepL's API that is slow, refuses and talks nonsense."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from marquee_social.translation import deepl_port
from marquee_social.translation.service import STATE, Translator

WORDS = {"title": "A classic", "content": "Rosebud is a sled.", "is_positive": True}


class DeepLDouble:
    """Speaks the part of DeepL's API that the client uses."""

    def __init__(self):
        self.asked = []
        self.status = 200
        self.body = None
        self.hold = None

    async def translate(self, request):
        content = await request.json()
        self.asked.append(content)
        if self.hold is not None:
            await self.hold.wait()
        if self.body is not None or self.status != 200:
            return web.Response(status=self.status, text=self.body or "{}")
        assert request.headers["Authorization"] == "DeepL-Auth-Key test-key"
        return web.json_response(
            {
                "translations": [
                    {
                        "detected_source_language": "EN",
                        "text": f"{content['target_lang']}: {text}",
                        "billed_characters": len(text),
                    }
                    for text in content["text"]
                ]
            }
        )


@pytest.fixture
async def deepl():
    double = DeepLDouble()
    application = web.Application()
    application.router.add_post("/v2/translate", double.translate)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    double.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield double
    if double.hold is not None:
        double.hold.set()
    await runner.cleanup()


@pytest.fixture
async def replace_translator(app):
    """Give the application a translator with other settings; the last is closed at the end."""
    context = app.state.context

    @asynccontextmanager
    async def replaced(**changes):
        held, settings = context.state[STATE], context.settings
        context.settings = settings.model_copy(update=changes)
        translator = context.state[STATE] = Translator(context)
        try:
            yield translator
        finally:
            await translator.close()
            context.state[STATE], context.settings = held, settings

    return replaced


@pytest.fixture
async def translator(replace_translator, deepl):
    from pydantic import SecretStr

    key = SecretStr("test-key")
    async with replace_translator(
        deepl_api_key=key, deepl_url=deepl.url, translation_seconds=10.0
    ) as made:
        yield made


@pytest.fixture
async def ann(new_person):
    return await new_person("ann")


@pytest.fixture
async def review(ann, films):
    """Ann's review of the first film: its path."""
    answer = await ann.post(f"/v1/movies/{films[0]}/reviews", WORDS)
    return f"/v1/reviews/{answer.json()['id']}"


async def test_review_is_translated_once_and_kept(review, client, deepl, translator):
    answer = await client.get(f"{review}/translation?lang=fr")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["title"], body["content"]) == ("FR: A classic", "FR: Rosebud is a sled.")
    assert (body["translated"], body["source_language"], body["language"]) == (True, "en", "fr")
    assert answer.headers["content-language"] == "fr"
    assert (await client.get(f"{review}/translation?lang=fr")).json() == body
    assert len(deepl.asked) == 1
    german = (await client.get(f"{review}/translation", headers={"Accept-Language": "de"})).json()
    assert german["title"] == "DE: A classic"
    assert len(deepl.asked) == 2


async def test_edited_words_are_translated_anew(ann, review, client, deepl, translator):
    await client.get(f"{review}/translation?lang=fr")
    await ann.patch(review, {"title": "A bore"})
    assert (await client.get(f"{review}/translation?lang=fr")).json()["title"] == "FR: A bore"


async def test_readers_at_once_ask_once(review, client, deepl, translator):
    answers = await asyncio.gather(
        *(client.get(f"{review}/translation?lang=fr") for _ in range(10))
    )
    assert {answer.json()["title"] for answer in answers} == {"FR: A classic"}
    assert len(deepl.asked) == 1


async def test_language_it_is_written_in_is_not_asked_for(ann, films, client, deepl, translator):
    answer = await ann.post(f"/v1/movies/{films[0]}/reviews", {**WORDS, "language": "fr-CA"})
    body = (await client.get(f"{answer.headers['location']}/translation?lang=fr")).json()
    assert (body["title"], body["translated"], body["language"]) == ("A classic", False, "fr-CA")
    assert deepl.asked == []


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, ""),
        (456, ""),
        (403, ""),
        (500, ""),
        (503, "busy"),
        (200, "not JSON"),
        (200, "[]"),
        (200, "{}"),
        (200, '{"translations": []}'),
        (
            200,
            (
                '{"translations": [{"text": "one only", "detected_source_language": "EN", '
                '"billed_characters": 8}]}'
            ),
        ),
        (200, '{"translations": [{}, {}]}'),
    ],
)
async def test_any_failure_gives_the_original(review, client, deepl, translator, status, body):
    deepl.status, deepl.body = status, body
    answer = await client.get(f"{review}/translation?lang=fr")
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["title"], shown["content"]) == (WORDS["title"], WORDS["content"])
    assert (shown["translated"], shown["language"]) == (False, None)


async def test_refusing_deepl_is_left_alone_for_a_while(
    review, client, deepl, translator, monkeypatch
):
    deepl.status = 456
    clock = [1_000.0]
    monkeypatch.setattr(deepl_port.time, "monotonic", lambda: clock[0])
    for _ in range(3):
        assert (await client.get(f"{review}/translation?lang=fr")).json()["translated"] is False
    assert len(deepl.asked) == 1
    deepl.status = 200
    clock[0] += deepl_port.PAUSE_SECONDS + 1
    assert (await client.get(f"{review}/translation?lang=fr")).json()["translated"] is True


async def test_slow_deepl_is_not_waited_for_and_helps_the_next_reader(
    review, client, deepl, translator
):
    deepl.hold = asyncio.Event()
    translator._seconds = 0.05
    first = await client.get(f"{review}/translation?lang=fr")
    assert (first.json()["translated"], first.json()["title"]) == (False, "A classic")
    translator._seconds = 10.0
    deepl.hold.set()
    second = await client.get(f"{review}/translation?lang=fr")
    assert second.json()["translated"] is True
    assert len(deepl.asked) == 1


async def test_no_connection_is_held_while_deepl_thinks(review, client, deepl, translator, app):
    deepl.hold = asyncio.Event()
    waiting = asyncio.create_task(client.get(f"{review}/translation?lang=fr"))
    while not deepl.asked:
        await asyncio.sleep(0)
    assert app.state.database.read_engine.pool.checkedout() == 0
    deepl.hold.set()
    assert (await waiting).json()["translated"] is True


async def test_without_a_key_or_a_server_everything_is_the_original(
    review, client, replace_translator
):
    from pydantic import SecretStr

    async with replace_translator(deepl_api_key=None):
        assert (await client.get(f"{review}/translation?lang=fr")).json()["translated"] is False
    async with replace_translator(
        deepl_api_key=SecretStr("test-key"), deepl_url="http://127.0.0.1:9"
    ):
        assert (await client.get(f"{review}/translation?lang=fr")).json()["translated"] is False


async def test_translation_shows_no_more_than_the_original(
    ann, films, client, deepl, translator, new_person, blocks
):
    answer = await ann.post(f"/v1/movies/{films[0]}/reviews", {**WORDS, "has_spoilers": True})
    path = f"{answer.headers['location']}/translation?lang=fr"
    hidden = (await client.get(path)).json()
    assert (hidden["title"], hidden["content"]) == ("FR: A classic", None)
    assert "sled" not in str(deepl.asked)
    shown = (await client.get(f"{path}&spoilers=show")).json()
    assert shown["content"] == "FR: Rosebud is a sled."
    bob = await new_person("bob")
    await blocks(ann, bob)
    assert (await bob.get(path)).json()["code"] == "review_not_found"
    assert (await bob.get("/v1/users/ann/translation")).json()["code"] == "user_not_found"
    assert (await client.get("/v1/comments/9/translation")).json()["code"] == "comment_not_found"


async def test_comments_are_translated(ann, review, client, deepl, translator):
    made = await ann.post(f"{review}/comments", {"content": "So true"})
    body = (await client.get(f"{made.headers['location']}/translation?lang=es")).json()
    assert (body["content"], body["translated"]) == ("ES: So true", True)


async def test_bios_are_translated(ann, client, deepl, translator, app):
    class Identity:
        """Answers with a profile, as to the caller's own token."""

        async def get(self, path, model, *, token=None):
            assert (path, token is None) == ("/v1/users/ann", True)
            return model(bio="I like trains.")

        async def close(self):
            pass

    app.state.context.peers["identity"] = Identity()
    body = (await client.get("/v1/users/ANN/translation?lang=de")).json()
    assert body == {
        "username": "ann",
        "bio": "DE: I like trains.",
        "translated": True,
        "source_language": "en",
        "language": "de",
    }
