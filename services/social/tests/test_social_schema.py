import asyncio

from marquee_shared import migrations


async def test_tables_are_what_the_models_say(migrated_url):
    await asyncio.to_thread(migrations.check, "marquee_social", migrated_url)
