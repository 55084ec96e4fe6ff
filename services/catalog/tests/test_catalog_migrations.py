import asyncio

from marquee_shared import migrations


async def test_tables_and_models_agree(migrated_url: str) -> None:
    await asyncio.to_thread(migrations.check, "marquee_catalog", migrated_url)
