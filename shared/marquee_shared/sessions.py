"""The sessions of a request, as endpoints ask for them."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from marquee_shared.auth.dependencies import OptionalCaller
from marquee_shared.database import Database, ReadSession, WriteSession
from marquee_shared.idempotency import claim
from marquee_shared.problems import Problem

SESSION = "marquee.session"
CLAIM = "marquee.claim"


async def _write_session(
    request: Request, _verified_first: OptionalCaller
) -> AsyncIterator[WriteSession]:
    database: Database = request.app.state.database
    async with database.transaction() as session:
        request.scope[CLAIM] = await claim(request, session)
        request.scope[SESSION] = session
        try:
            yield session
        except Problem as problem:
            if not problem.keeps_changes:
                raise
            kept = problem
        else:
            return
    raise kept


async def _read_session(request: Request) -> AsyncIterator[ReadSession]:
    database: Database = request.app.state.database
    async with database.reading() as session:
        yield session


WriteSessionDep = Annotated[WriteSession, Depends(_write_session, scope="function")]
"""The request's one transaction; it has committed before the response leaves."""

ReadSessionDep = Annotated[ReadSession, Depends(_read_session, scope="function")]
"""A session that can only read, on its own connections."""
