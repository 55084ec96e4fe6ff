import asyncio

from marquee_shared import migrations


async def test_tables_and_models_agree(context, service):
    url = context.settings.database_url
    await asyncio.to_thread(migrations.check, service.package, url)
