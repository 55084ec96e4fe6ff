"""The rules of users."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func

from marquee_identity.relationships.repository import find_friendship
from marquee_identity.users import repository
from marquee_identity.users.errors import UsernameTaken, UserNotFound
from marquee_identity.users.models import User
from marquee_identity.users.names import importable_username, username_key
from marquee_identity.users.schemas import FriendshipState, UserProfile, UserPublic, UserUpdate
from marquee_identity.users.search import prefix_query
from marquee_shared.auth.principals import Principal
from marquee_shared.conditional import Preconditions
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.events.catalog import ImportedMember
from marquee_shared.events.identity import UserCreated, UserUpdated
from marquee_shared.languages import DEFAULT_LANGUAGE
from marquee_shared.outbox import publish, publish_many
from marquee_shared.pagination import BrowsePage, BrowseWindow
from marquee_shared.problems import InvalidToken
from marquee_shared.service import Context

REPUBLISH_CHUNK = 1000
SUFFIXES = 20


def public_state(user: User) -> dict[str, Any]:
    """Return what an event tells of a user: nothing private."""
    return {
        "id": user.id,
        "username": user.username,
        "name": user.name,
        "avatar_url": user.avatar_url,
        "language": user.language or DEFAULT_LANGUAGE,
        "country": user.country,
        "imported": user.imported,
    }


async def get_me(session: ReadSession | WriteSession, user_id: UUID) -> User:
    """Return the caller.

    Raises:
        InvalidToken: the token's member is no more.
    """
    user = await repository.find_user(session, user_id)
    if user is None:
        raise InvalidToken
    return user


async def lock_me(session: WriteSession, user_id: UUID) -> User:
    """Return the caller for change.

    Raises:
        InvalidToken: the token's member is no more.
    """
    user = await repository.lock_user(session, user_id)
    if user is None:
        raise InvalidToken
    return user


async def get_user(session: ReadSession, username: str) -> User:
    """Return a member by username, in any case.

    Raises:
        UserNotFound: nobody has it.
    """
    user = await repository.find_user_by_username(session, username_key(username))
    if user is None:
        raise UserNotFound
    return user


async def get_profile(session: ReadSession, username: str, viewer: Principal | None) -> UserProfile:
    """Return a member as a viewer sees them; moderators see those out of others' sight, too.

    Raises:
        UserNotFound: nobody has this username, or not for this viewer.
    """
    key, viewer_id = username_key(username), viewer.id if viewer else None
    if viewer is not None and viewer.has_role("moderator"):
        user = await repository.find_user_by_username(session, key)
    else:
        user = await repository.find_user_in_sight(session, key, viewer_id)
    if user is None:
        raise UserNotFound
    state = await _friendship(session, user.id, viewer_id)
    public = UserPublic.model_validate(user)
    return UserProfile(**public.model_dump(), friendship=state)


async def _friendship(
    session: ReadSession, user_id: UUID, viewer: UUID | None
) -> FriendshipState | None:
    if viewer is None or viewer == user_id:
        return None if viewer is None else "self"
    held = await find_friendship(session, viewer, user_id)
    if held is None or held.state == "none":
        return "none"
    if held.state == "friends":
        return "friends"
    return "requested" if held.asked_by == viewer else "requested_you"


async def update_me(
    session: WriteSession, user_id: UUID, change: UserUpdate, preconditions: Preconditions
) -> User:
    """Change the caller's profile, all but the address.

    Raises:
        UsernameTaken: someone else has the new username.
    """
    user = await lock_me(session, user_id)
    preconditions.require(user.revision)
    values = change.model_dump(exclude_unset=True, exclude={"email", "current_password"})
    if (username := values.pop("username", None)) is not None:
        await _rename(session, user, username)
    for field, value in values.items():
        setattr(user, field, value or None)
    repository.renew_search(user)
    await tell_update(session, user)
    preconditions.answered(user.revision)
    return user


async def _rename(session: WriteSession, user: User, username: str) -> None:
    key = username_key(username)
    if await repository.username_taken(session, key, but=user.id):
        raise UsernameTaken
    user.username, user.username_key = username, key


async def tell_update(session: WriteSession, user: User) -> None:
    """Give a changed user a new revision and tell of it; the row is locked by the caller.

    Raises:
        UsernameTaken: someone took the username in the same moment.
    """
    user.revision += 1
    user.updated_at = func.now()
    await repository.store(session, user)
    await publish(session, UserUpdated(**public_state(user)), user.revision)


async def browse_users(
    session: ReadSession, q: str | None, window: BrowseWindow, viewer: UUID | None
) -> BrowsePage[UserPublic]:
    """Return one stretch of the members whose names begin with the words of `q`."""
    query = prefix_query(q) if q and q.strip() else None
    users = await repository.search_users(
        session,
        query,
        viewer=viewer,
        after=window.after[0] if window.after else None,
        offset=window.offset,
        limit=window.limit + 1,
    )
    page: BrowsePage[UserPublic] = BrowsePage(
        items=[UserPublic.model_validate(user) for user in users[: window.limit]],
        next_cursor=window.next_cursor([(user.username_key,) for user in users]),
    )
    if window.page is not None:
        page.page = window.page
        page.total = await repository.count_users(session, query, viewer=viewer)
        page.pages = window.pages(page.total)
    return page


async def add_imported(session: WriteSession, members: Sequence[ImportedMember]) -> None:
    """Make accounts of members that an import found; those already here stay as they are.

    A username that is taken by another gets a suffix: `-2`, `-3`, … and in the end the id's.
    """
    by_id = {member.id: member for member in members}
    known = await repository.known_ids(session, list(by_id))
    waiting = [member for key, member in sorted(by_id.items()) if key not in known]
    added: list[ImportedMember] = []
    for number in range(1, SUFFIXES + 1):
        if not waiting:
            break
        suffix = "" if number == 1 else f"-{number}"
        named = [_renamed(member, suffix) for member in waiting]
        ids = await repository.insert_imported(session, named)
        added += [member for member in named if member.id in ids]
        waiting = [member for member in waiting if member.id not in ids]
    if waiting:
        named = [_renamed(member, f"-{member.id.hex[-12:]}") for member in waiting]
        ids = await repository.insert_imported(session, named)
        added += [member for member in named if member.id in ids]
    await publish_many(
        session,
        [
            (
                UserCreated(
                    id=member.id,
                    username=member.username,
                    name=member.name or member.username,
                    imported=True,
                ),
                1,
            )
            for member in added
        ],
    )


def _renamed(member: ImportedMember, suffix: str) -> ImportedMember:
    return member.model_copy(
        update={
            "username": importable_username(member.username, suffix),
            "name": member.name.replace("\x00", "").strip(),
        }
    )


async def republish_users(context: Context[Any]) -> int:
    """Tell the present state of every user anew; return how many."""
    after: UUID | None = None
    told = 0
    while True:
        async with context.database.transaction() as session:
            users = await repository.list_users_after(session, after, limit=REPUBLISH_CHUNK)
            if not users:
                return told
            await publish_many(
                session, [(UserUpdated(**public_state(user)), user.revision) for user in users]
            )
        after = users[-1].id
        told += len(users)
