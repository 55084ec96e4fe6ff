"""The catalog takes part in erasure, though it holds next to nothing of members."""

from sqlalchemy import text

from marquee_shared.events.identity import UserDeleted
from marquee_shared.events.rights import CatalogMemberErased
from marquee_shared.testing.plugin import new_uuid


async def test_an_erased_editors_imports_no_longer_name_them(deliver, database, sink):
    editor, receipt = new_uuid(), new_uuid()
    async with database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO jobs (id, kind, state, requested_by) "
                "VALUES (:id, 'import', 'succeeded', :editor)"
            ),
            {"id": new_uuid(), "editor": editor},
        )
    await deliver((UserDeleted(id=editor, receipt_id=receipt), 2))
    async with database.reading() as session:
        (job,) = await session.execute(text("SELECT state, requested_by FROM jobs"))
    assert tuple(job) == ("succeeded", None)
    (told,) = await sink.events(CatalogMemberErased)
    assert (told.data.receipt_id, told.data.anonymised["jobs"]) == (receipt, 1)
