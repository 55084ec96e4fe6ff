"""What films are about as vectors in PostgreSQL, by our own encoder and by a small ONNX one."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from recommender_world import CRIME, FILMS, QUICK, ROMANCE, film
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from tokenizers import Tokenizer, models, pre_tokenizers

from marquee_recommender.app import SERVICE
from marquee_recommender.embeddings import repository, service, tasks
from marquee_recommender.embeddings.encoders import LEXICAL, EncoderUnavailable
from marquee_recommender.embeddings.huggingface import HuggingFaceEncoder
from marquee_recommender.embeddings.lexical import LexicalEncoder
from marquee_recommender.embeddings.loading import Meaning
from marquee_recommender.engine import train
from marquee_recommender.trainings import child
from marquee_recommender.trainings.export import export, read_interactions
from marquee_recommender.trainings.triggers import Watch
from marquee_shared.events.catalog import MovieDeleted
from marquee_shared.jobs import JobRead, job_of, run_job

WORDS = ["[PAD]", "[UNK]", "heist", "wrong", "robbery", "love", "people", "two", "wedding"]
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def write_model(folder: Path, dimensions: int = 12, **pooling: bool) -> Path:
    """A sentence encoder in the layout of the Hub: words of a theme point one way, and noise."""
    random = np.random.default_rng(dimensions)
    table = random.normal(0, 0.05, (len(WORDS), dimensions)).astype(np.float32)
    table[[WORDS.index(word) for word in ("heist", "wrong", "robbery")], 0] += 1
    table[[WORDS.index(word) for word in ("love", "people", "two", "wedding")], 1] += 1
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "input_ids"], ["words"]),
            helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
            helper.make_node("ReduceSum", ["mask"], ["length"], keepdims=1),
            helper.make_node("Mul", ["length", "zero"], ["nothing"]),
            helper.make_node("Add", ["words", "nothing"], ["last_hidden_state"]),
        ],
        "encoder",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
            for name in ("input_ids", "attention_mask")
        ],
        [
            helper.make_tensor_value_info(
                "last_hidden_state", TensorProto.FLOAT, ["batch", "tokens", dimensions]
            )
        ],
        [
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(np.zeros((1, 1), np.float32), "zero"),
        ],
    )
    (folder / "onnx").mkdir(parents=True)
    opset = [helper.make_opsetid("", 17)]
    onnx.save(
        helper.make_model(graph, opset_imports=opset, ir_version=9), folder / "onnx/model.onnx"
    )
    tokenizer = Tokenizer(
        models.WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling/config.json").write_text(json.dumps(pooling))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 64}))
    return folder


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("encoder") / "tiny")


async def embed(context: Any, repo: Path | str | None = None) -> JobRead:
    """Let the job run as the worker does when something is due."""
    settings = context.settings.model_copy(update={"hf_model_repo": repo and str(repo)})
    worker = replace(context, settings=settings, state={})
    for _ in range(2):
        watch = worker.state.setdefault(tasks.MEMORY, Watch())
        watch.looked, watch.changed = float("-inf"), float("-inf")
        await tasks.on_drained(worker)
    async with context.database.reading() as session:
        ids = await session.scalars(
            text("SELECT id FROM jobs WHERE kind = 'embedding' ORDER BY id DESC LIMIT 1")
        )
        job_id = ids.one()
    await run_job(worker, SERVICE.jobs, job_id)
    async with context.database.reading() as session:
        found = await session.execute(text("SELECT * FROM jobs WHERE id = :id"), {"id": job_id})
        return job_of(found.one())


async def indexes(context: Any) -> list[str]:
    async with context.database.reading() as session:
        rows = await session.scalars(
            text(
                "SELECT indexdef FROM pg_indexes WHERE tablename = 'movie_embeddings' "
                "AND schemaname = 'recommender' AND indexdef LIKE '%hnsw%'"
            )
        )
        return list(rows)


async def near(context: Any, movie_id: int) -> list[int]:
    async with context.database.reading() as session:
        return [movie for movie, _ in await service.near_film(session, movie_id)]


def test_our_own_encoder_learns_what_words_belong_together() -> None:
    texts = [
        "a heist by masked robbers",
        "robbers plan a heist",
        "a wedding in love",
        "love, wedding",
    ] * 3
    encoder = LexicalEncoder.fit(texts, 2)
    heist, robbers, wedding, unknown = encoder.encode(["heist", "ROBBERS!", "wedding", "zzz"])
    assert heist @ robbers > 0.99
    assert abs(heist @ wedding) < 0.1
    assert not unknown.any()
    again = LexicalEncoder.from_bytes(encoder.name, encoder.to_bytes())
    np.testing.assert_array_equal(again.encode(texts), encoder.encode(texts))
    assert LexicalEncoder.fit(texts, 2).name == encoder.name != LexicalEncoder.fit(texts, 1).name
    with pytest.raises(EncoderUnavailable):
        LexicalEncoder.fit(["one", "another"], 2)


def test_a_model_of_the_hub_pools_what_its_network_says(model_folder: Path, tmp_path: Path) -> None:
    encoder = HuggingFaceEncoder.load(str(model_folder))
    assert encoder.dimensions == 12
    assert encoder.name.startswith(f"{model_folder}@")
    alone = encoder.encode(["heist wrong"])
    beside = encoder.encode(["heist wrong", "two people two people love wedding"])
    np.testing.assert_allclose(np.linalg.norm(beside, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(alone[0], beside[0], rtol=1e-5)  # what fills up does not count
    assert beside[0] @ encoder.encode(["robbery"])[0] > 0.8
    assert encoder.encode([]).shape == (0, 12)
    first = HuggingFaceEncoder.load(str(write_model(tmp_path / "cls", pooling_mode_cls_token=True)))
    np.testing.assert_allclose(first.encode(["heist love"]), first.encode(["heist two"]), rtol=1e-5)
    many = ["heist"] * 40 + ["love"] * 40
    rows = encoder.encode(many)
    assert (rows[:40, 0] > 0.8).all()
    assert (rows[40:, 1] > 0.8).all()


def test_what_is_no_encoder_is_refused_in_words(model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(EncoderUnavailable, match="has none of onnx"):
        HuggingFaceEncoder.load(str(tmp_path))
    (tmp_path / "model.onnx").write_bytes(b"no network")
    with pytest.raises(EncoderUnavailable, match="cannot be read"):
        HuggingFaceEncoder.load(str(tmp_path))
    large = write_model(tmp_path / "large", dimensions=2001)
    with pytest.raises(EncoderUnavailable, match="2001 dimensions"):
        HuggingFaceEncoder.load(str(large))


def test_offline_what_was_downloaded_once_is_taken_from_the_cache(
    model_folder: Path, tmp_path: Path
) -> None:
    repo = tmp_path / "hub/models--acme--tiny"
    (repo / "refs").mkdir(parents=True)
    (repo / "refs/main").write_text(COMMIT)
    (repo / "snapshots").mkdir()
    (repo / "snapshots" / COMMIT).symlink_to(model_folder)
    script = (
        "import sys\n"
        "from marquee_recommender.embeddings.encoders import EncoderUnavailable\n"
        "from marquee_recommender.embeddings.huggingface import HuggingFaceEncoder\n"
        "print(HuggingFaceEncoder.load('acme/tiny', 'hf_secret').name)\n"
        f"print(HuggingFaceEncoder.load('acme/tiny@{COMMIT}').name)\n"
        "try:\n"
        "    HuggingFaceEncoder.load('acme/other', 'hf_secret')\n"
        "except EncoderUnavailable as error:\n"
        "    print(error)\n"
    )
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    name, pinned, refused = done.stdout.strip().splitlines()[:3]
    assert name == pinned == f"acme/tiny@{COMMIT}"
    assert refused.startswith("acme/other cannot be downloaded")
    assert "hf_secret" not in done.stdout + done.stderr


async def test_films_are_embedded_indexed_and_near_their_like(context: Any, fill: Any) -> None:
    await fill()
    job = await embed(context)
    assert job.state == "succeeded", job.error
    assert job.result is not None
    assert job.result["embedded"] == FILMS + 1
    assert job.result["encoder"].startswith(LEXICAL)
    crime = await near(context, 1)
    assert len(crime) == FILMS
    assert set(crime[:19]) == set(CRIME) - {1}
    (index,) = await indexes(context)
    assert "vector_cosine_ops" in index
    async with context.database.transaction() as session:
        row = await repository.active_encoder(session)
        assert row is not None
        vector = (await repository.vectors_of(session, row, [1]))[1]
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        await session.execute(text("SET LOCAL enable_sort = off"))
        statement = repository.nearest_films(row, vector).compile(
            dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}
        )
        plan = await session.scalars(text(f"EXPLAIN {statement}"))
        assert f"ix_movie_embeddings_{row.id}" in "\n".join(plan)
        found = await repository.nearest(session, row, vector, among=list(ROMANCE))
        assert {movie for movie, _ in found} == set(ROMANCE)


async def test_only_what_changed_is_embedded_anew(context: Any, fill: Any, deliver: Any) -> None:
    await fill()
    await embed(context)
    await deliver(
        (film(1, popularity=9.0), 2),
        (film(2, synopsis="two people fall in love", genres=[], credits=[]), 2),
    )
    await deliver((MovieDeleted(id=3, slug="film-3"), 2))
    job = await embed(context)
    assert job.result is not None
    assert job.result["embedded"] == 1
    assert (await near(context, 2))[0] in ROMANCE
    assert 3 not in await near(context, 1)
    assert await near(context, 3) == []
    async with context.database.reading() as session:
        assert (await repository.read_state(session)).queued == 0
        assert await jobs_of(session) == 2


async def jobs_of(session: Any) -> int:
    count: int = await session.scalar(text("SELECT count(*) FROM jobs WHERE kind = 'embedding'"))
    return count


async def test_another_model_takes_over_once_it_is_complete(
    context: Any, fill: Any, model_folder: Path, tmp_path: Path
) -> None:
    await fill()
    await embed(context)
    before = await near(context, 1)
    refused = await embed(context, tmp_path)
    assert refused.state == "failed"
    assert "has none of" in (refused.error or "")
    assert await near(context, 1) == before
    await allow_again(context)
    job = await embed(context, model_folder)
    assert job.state == "succeeded", job.error
    async with context.database.reading() as session:
        row = await repository.active_encoder(session)
        assert row is not None
        assert (row.source, row.dimensions) == (str(model_folder), 12)
        widths = await session.scalars(
            text("SELECT DISTINCT vector_dims(embedding) FROM movie_embeddings")
        )
        assert list(widths) == [12]
    assert set((await near(context, 1))[:19]) == set(CRIME) - {1}
    (index,) = await indexes(context)
    assert "vector(12)" in index
    back = await embed(context)
    assert back.result is not None
    assert back.result["embedded"] == FILMS + 1
    assert await near(context, 1) == before


async def allow_again(context: Any) -> None:
    async with context.database.transaction() as session:
        await session.execute(text("UPDATE jobs SET finished_at = now() - interval '1 hour'"))


async def test_a_killed_job_is_gone_on_with(context: Any, fill: Any, monkeypatch: Any) -> None:
    await fill()
    encode = LexicalEncoder.encode
    monkeypatch.setattr(tasks, "CHUNK", 15)
    calls = 0

    def fail_later(self: LexicalEncoder, texts: Sequence[str]) -> Any:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise MemoryError
        return encode(self, texts)

    monkeypatch.setattr(LexicalEncoder, "encode", fail_later)
    assert (await embed(context)).state == "failed"
    assert await near(context, 1) == []  # an encoder without all films does not answer
    monkeypatch.setattr(LexicalEncoder, "encode", encode)
    await allow_again(context)
    job = await embed(context)
    assert job.result is not None
    assert job.result["embedded"] == FILMS + 1 - 15
    assert set((await near(context, 1))[:19]) == set(CRIME) - {1}


async def test_two_workers_start_one_job(context: Any, fill: Any) -> None:
    await fill()
    workers = [replace(context, state={}) for _ in range(4)]
    for worker in workers:
        await tasks.on_drained(worker)
        worker.state[tasks.MEMORY].looked = worker.state[tasks.MEMORY].changed = float("-inf")
    await asyncio.gather(*(tasks.on_drained(worker) for worker in workers))
    async with context.database.reading() as session:
        assert await jobs_of(session) == 1


async def test_a_film_newer_than_the_model_has_neighbours_by_content(
    client: Any, context: Any, world: Any, deliver: Any
) -> None:
    await deliver(
        (film(50, genres=film(1).genres, credits=film(1).credits, synopsis=film(1).synopsis), 1)
    )
    await world.load()
    url = "/v1/movies/film-50/similar?limit=10"
    assert (await client.get(url)).json()["items"] == []
    await embed(context)
    items = (await client.get(url)).json()["items"]
    assert len(items) == 10
    assert {item["movie"]["id"] for item in items} <= set(CRIME)
    assert [item["score"] for item in items] == sorted(
        (item["score"] for item in items), reverse=True
    )


async def test_discover_finds_by_meaning_what_no_title_or_tag_says(
    client: Any, context: Any, world: Any, model_folder: Path, monkeypatch: Any
) -> None:
    async def found(said: str) -> list[int]:
        answer = await client.post("/v1/discover", json={"text": said, "limit": 20})
        return [item["movie"]["id"] for item in answer.json()["items"]]

    await embed(context)
    assert set((await found("heist"))[:20]) == set(CRIME)
    assert set((await found("fall in love"))[:20]) == set(ROMANCE)
    await embed(context, model_folder)
    settings = context.settings.model_copy(update={"hf_model_repo": str(model_folder)})
    monkeypatch.setattr(world, "meaning", Meaning(context.database, settings))
    assert set((await found("robbery"))[:20]) == set(CRIME)  # no film has that word
    monkeypatch.setattr(world, "meaning", Meaning(context.database, context.settings))
    assert len(await found("robbery")) == 20  # set to another model, it does without


async def test_a_text_and_the_films_it_names_are_looked_for_together(
    context: Any, fill: Any, model_folder: Path
) -> None:
    await fill()
    await embed(context, model_folder)
    settings = context.settings.model_copy(update={"hf_model_repo": str(model_folder)})
    meaning = Meaning(context.database, settings)
    async with context.database.transaction() as session:
        alone = await service.near_text(session, meaning, "wedding", [])
        both = await service.near_text(session, meaning, "wedding", [1])
        nothing = await service.near_text(session, meaning, "", [])
    assert alone[1] < 0.3
    assert min(both[1], both[21]) > 0.5
    assert nothing == {}


async def test_trainings_use_another_encoder_s_vectors_for_the_text(
    context: Any, fill: Any, model_folder: Path, tmp_path: Path
) -> None:
    await fill()
    await embed(context)
    await export(context.settings.database_url, tmp_path)
    assert child.read_items(tmp_path).vectors is None
    await embed(context, model_folder)
    await export(context.settings.database_url, tmp_path)
    items = child.read_items(tmp_path)
    assert items.vectors is not None
    assert items.vectors.shape == (FILMS + 1, 12)
    np.testing.assert_allclose(np.linalg.norm(items.vectors, axis=1), 1, rtol=1e-4)
    model = train(read_interactions(tmp_path), items, QUICK)
    items.vectors = np.zeros_like(items.vectors)
    without = train(read_interactions(tmp_path), items, QUICK)
    first, other = (model.positions[1], model.positions[21])
    assert (model.content.embeddings[first] @ model.content.embeddings[other]) < 0.2
    assert not np.allclose(model.content.embeddings, without.content.embeddings)
