"""Languages, slugs, settings, contracts, migrations."""

import asyncio
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from marquee_shared import migrations
from marquee_shared.events import CONTRACTS, stream_of
from marquee_shared.languages import choose_language
from marquee_shared.outbox.housekeeping import keep_house
from marquee_shared.running_system import adopt_running_system
from marquee_shared.settings import ServiceSettings
from marquee_shared.slugs import fold, slugify


@pytest.mark.parametrize(
    ("query", "member", "header", "expected"),
    [
        ("fr", "de", "es", "fr"),
        ("xx", "de", "es", "de"),
        (None, None, "pt-BR, es;q=0.8, en;q=0.9", "en"),
        (None, None, "fr-CA", "fr"),
        (None, None, "de;q=0, es;q=0.1", "es"),
        (None, None, "de;q=nonsense, es", "es"),
        (None, None, ",,;;=", "en"),
        (None, None, None, "en"),
    ],
)
def test_language_precedence(query, member, header, expected):
    assert choose_language(query, member, header) == expected


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Amélie & I", "amelie-and-i"),
        ("Schindler's List", "schindlers-list"),
        ("8½", "81-2"),
        ("千と千尋の神隠し", "千と千尋の神隠し"),
        ("???", "untitled"),
        ("WALL·E", "wall-e"),
        ("  The   Matrix ", "the-matrix"),
    ],
)
def test_slugs(text, slug):
    assert slugify(text) == slug


def test_fold_ignores_accents_and_case():
    assert fold("Łódź ÉTÉ Straße") == "lodz ete strasse"


def test_production_refuses_a_development_secret():
    with pytest.raises(ValidationError, match="SECRET_KEY"):
        ServiceSettings(environment="production", _env_file=None)
    assert ServiceSettings(environment="production", secret_key="x" * 32, _env_file=None)


@pytest.mark.parametrize("event_type", sorted(CONTRACTS))
def test_contract_types_name_service_aggregate_and_what_happened(event_type):
    assert len(event_type.split(".")) == 3
    assert stream_of(event_type).count(":") == 2


async def test_migrations_and_models_agree(migrated_url, service):
    migrated = await migrations.is_current(service.package, migrated_url, service.name)
    assert migrated
    with pytest.raises(Exception, match="checked_late"):
        await asyncio.to_thread(migrations.check, service.package, migrated_url)


async def test_housekeeping_makes_partitions_ahead_and_can_repeat(database):
    from sqlalchemy import text

    await keep_house(database)
    await keep_house(database)
    async with database.reading() as session:
        names = list(
            await session.scalars(
                text(
                    "SELECT relname FROM pg_class WHERE relname LIKE 'outbox\\_2%' AND relkind='r'"
                )
            )
        )
    assert len(names) == 3


@pytest.mark.parametrize("name", ["events.md", "asyncapi.json"])
def test_committed_event_documents_are_those_of_the_contracts(name):
    from marquee_shared.events.document import documents

    committed = Path(__file__).parents[2] / "docs" / name
    assert committed.read_text() == documents()[name], (
        "run: python -m marquee_shared.events.document docs"
    )


@pytest.fixture
def running(tmp_path):
    record = {
        "database_urls": {"catalog": "postgresql://here"},
        "redis_url": "redis://here",
        "service_urls": {"social": "http://here"},
    }
    secrets = {"catalog": {"secret_key": "s", "database_password": "p"}}
    (tmp_path / "run.json").write_text(json.dumps(record))
    (tmp_path / "secrets.json").write_text(json.dumps(secrets))
    return tmp_path


def test_command_beside_make_up_finds_it(running):
    told = {"DATA_DIR": str(running), "REDIS_URL": "redis://mine"}
    assert adopt_running_system("catalog", told)
    assert told == {
        "DATA_DIR": str(running),
        "DATABASE_URL": "postgresql://here",
        "REDIS_URL": "redis://mine",
        "SOCIAL_URL": "http://here",
        "SECRET_KEY": "s",
    }


@pytest.mark.parametrize(
    "told", [{"DATABASE_URL": "postgresql://mine"}, {"ENVIRONMENT": "production"}]
)
def test_command_that_was_told_where_looks_for_nothing(running, told):
    given = {"DATA_DIR": str(running), **told}
    assert not adopt_running_system("catalog", given)
    assert given == {"DATA_DIR": str(running), **told}
    assert not adopt_running_system("catalog", {"DATA_DIR": str(running / "nowhere")})
