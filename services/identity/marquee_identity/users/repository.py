"""SQL of users."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, TextClause, cast, func, literal, select, text
from sqlalchemy.dialects.postgresql import TSQUERY, insert
from sqlalchemy.exc import IntegrityError

from marquee_identity.relationships.repository import in_sight_of
from marquee_identity.users.errors import UsernameTaken
from marquee_identity.users.models import User
from marquee_identity.users.search import search_words
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.catalog import ImportedMember

AnySession = ReadSession | WriteSession


def _search_vector(*names: str | None) -> ColumnElement[Any]:
    return func.array_to_tsvector(search_words(*names))


async def insert_user(session: WriteSession, **values: Any) -> User | None:
    """Add a user; None when username or e-mail are taken. Waits for a concurrent claimant."""
    vector = _search_vector(values["username"], values["first_name"], values["last_name"])
    statement = (
        insert(User).values(**values, search=vector).on_conflict_do_nothing().returning(User)
    )
    found: User | None = (await session.execute(statement)).scalar_one_or_none()
    return found


async def find_user(session: AnySession, user_id: UUID) -> User | None:
    """Return a user by id."""
    return await session.get(User, user_id)


async def lock_user(session: WriteSession, user_id: UUID) -> User | None:
    """Return a user for change, as they are now."""
    return await session.get(User, user_id, with_for_update=True, populate_existing=True)


async def find_user_by_username(session: AnySession, key: str) -> User | None:
    """Return a user by folded username."""
    return (await session.scalars(select(User).where(User.username_key == key))).one_or_none()


async def find_user_by_email(session: AnySession, key: str) -> User | None:
    """Return a user by folded e-mail address."""
    return (await session.scalars(select(User).where(User.email_key == key))).one_or_none()


async def username_taken(session: WriteSession, key: str, *, but: UUID | None = None) -> bool:
    """Whether someone else has a username."""
    statement = select(User.id).where(User.username_key == key)
    if but is not None:
        statement = statement.where(User.id != but)
    return (await session.scalars(statement)).first() is not None


def renew_search(user: User) -> None:
    """Make the search words follow the names."""
    user.search = _search_vector(user.username, user.first_name, user.last_name)


def _found(query: str | None, viewer: UUID | None) -> list[ColumnElement[bool]]:
    """Return what holds of users in a viewer's sight whose words match a `tsquery`.

    The matches are found first, by their index: the planner, which cannot tell how rare a prefix
    is, would else walk through everybody by name until a page is full.
    """
    conditions = in_sight_of(viewer)
    if query is not None:
        matching = select(User.id).where(User.search.op("@@")(cast(literal(query, Text), TSQUERY)))
        first = matching.cte("matching").prefix_with("MATERIALIZED", dialect="postgresql")
        conditions.append(User.id.in_(select(first.c.id)))
    return conditions


def search_statement(query: str | None, viewer: UUID | None) -> Select[User]:
    """Return the statement that finds users, by username."""
    return select(User).where(*_found(query, viewer)).order_by(User.username_key)


async def search_users(
    session: ReadSession,
    query: str | None,
    *,
    viewer: UUID | None,
    after: str | None,
    offset: int,
    limit: int,
) -> Sequence[User]:
    """Return users in a viewer's sight whose words match a `tsquery` (all without one)."""
    statement = search_statement(query, viewer)
    if after is not None:
        statement = statement.where(User.username_key > after)
    return (await session.scalars(statement.offset(offset).limit(limit))).all()


async def find_user_in_sight(session: ReadSession, key: str, viewer: UUID | None) -> User | None:
    """Return a user by folded username, if this viewer may see them."""
    statement = select(User).where(User.username_key == key, *in_sight_of(viewer))
    return (await session.scalars(statement)).one_or_none()


async def count_users(session: ReadSession, query: str | None, *, viewer: UUID | None) -> int:
    """Count the users that `search_users` finds."""
    statement = select(func.count()).select_from(User).where(*_found(query, viewer))
    return (await session.scalars(statement)).one()


async def list_users_after(
    session: AnySession, after: UUID | None, *, limit: int
) -> Sequence[User]:
    """Return users by id, for going through all of them."""
    statement = select(User).order_by(User.id).limit(limit)
    if after is not None:
        statement = statement.where(User.id > after)
    return (await session.scalars(statement)).all()


INSERT_IMPORTED: TextClause = text(
    "INSERT INTO users (id, username, username_key, first_name, imported, search) "
    "SELECT id, username, username, nullif(name, ''), true, "
    "       array_to_tsvector(string_to_array(words, E'\\n')) "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:usernames AS text[]), CAST(:names AS text[]), "
    "            CAST(:words AS text[])) AS member (id, username, name, words) "
    "ON CONFLICT DO NOTHING RETURNING id"
)
KNOWN: TextClause = text("SELECT id FROM users WHERE id = ANY(CAST(:ids AS uuid[]))")


async def insert_imported(session: WriteSession, members: Sequence[ImportedMember]) -> set[UUID]:
    """Add imported members whose id and username are free; return the ids of those added."""
    result = await session.execute(
        INSERT_IMPORTED,
        {
            "ids": [member.id for member in members],
            "usernames": [member.username for member in members],
            "names": [member.name for member in members],
            "words": ["\n".join(search_words(m.username, m.name)) for m in members],
        },
    )
    return set(result.scalars())


async def known_ids(session: WriteSession, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of the ids that are users."""
    return set((await session.execute(KNOWN, {"ids": ids})).scalars())


async def store(session: WriteSession, user: User) -> None:
    """Write a changed user.

    Raises:
        UsernameTaken: someone took the username in the same moment.
    """
    try:
        await session.flush()
    except IntegrityError as error:
        if "uq_users_username_key" in str(error.orig):
            raise UsernameTaken from error
        raise
    await session.refresh(user, ["updated_at"])
