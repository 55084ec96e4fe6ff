"""The routes of friendships, blocks and mutes."""

from typing import Annotated

from fastapi import Query, Response, status

from marquee_shared.auth.dependencies import CurrentMember, OptionalCaller, VerifiedMember
from marquee_shared.conditional import PreconditionsDep
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep
from marquee_social.friendships import lists, service
from marquee_social.friendships.schemas import (
    BlockedRead,
    Direction,
    FriendRead,
    FriendRequestRead,
    FriendshipRead,
    MutedRead,
    SuggestionRead,
)
from marquee_social.users.authors import Author
from marquee_social.users.service import IdentityDep, Username

router = new_router(tags=["friendships"])


@router.put(
    "/v1/users/{username}/friend-request",
    responses={
        status.HTTP_201_CREATED: {"model": FriendshipRead, "description": "The request is made."}
    },
)
async def ask(
    username: Username,
    member: Author,
    session: WriteSessionDep,
    identity: IdentityDep,
    preconditions: PreconditionsDep,
    response: Response,
) -> FriendshipRead:
    """Ask a member for friendship or, if they asked first, accept.

    When both ask at the same moment they are friends. Between friends it changes nothing.
    """
    friendship, created = await service.ask(session, identity, member, username, preconditions)
    if created:
        response.status_code = status.HTTP_201_CREATED
    return friendship


@router.delete("/v1/users/{username}/friend-request", status_code=status.HTTP_204_NO_CONTENT)
async def withdraw_or_reject(
    username: Username,
    member: VerifiedMember,
    session: WriteSessionDep,
    identity: IdentityDep,
    preconditions: PreconditionsDep,
) -> None:
    """Withdraw the caller's request or reject the member's; 204 also when there is none."""
    await service.withdraw_or_reject(session, identity, member, username, preconditions)


@router.get("/v1/me/friend-requests")
async def list_requests(
    member: CurrentMember,
    session: ReadSessionDep,
    window: CursorWindowDep,
    direction: Annotated[
        Direction, Query(description="Requests to the caller, or by the caller.")
    ] = "incoming",
) -> CursorPage[FriendRequestRead]:
    """List the requests that wait for an answer, newest first."""
    return await lists.list_requests(session, member.id, direction, window)


@router.get("/v1/me/friends")
async def list_friends(
    member: CurrentMember, session: ReadSessionDep, window: CursorWindowDep
) -> CursorPage[FriendRead]:
    """List the caller's friends, the newest friendship first."""
    return await lists.list_friends(session, member.id, member.id, window)


@router.get("/v1/users/{username}/friends")
async def list_friends_of(
    username: Username,
    caller: OptionalCaller,
    session: ReadSessionDep,
    identity: IdentityDep,
    window: CursorWindowDep,
) -> CursorPage[FriendRead]:
    """List a member's friends, the newest friendship first.

    Empty where the member shows them to fewer people; without those whom a block hides.
    """
    viewer = caller.id if caller else None
    return await lists.list_friends_of(session, identity, viewer, username, window)


@router.delete("/v1/me/friends/{username}", status_code=status.HTTP_204_NO_CONTENT)
async def unfriend(
    username: Username,
    member: VerifiedMember,
    session: WriteSessionDep,
    identity: IdentityDep,
    preconditions: PreconditionsDep,
) -> None:
    """End a friendship; 204 also when there is none. Either may ask again."""
    await service.unfriend(session, identity, member, username, preconditions)


@router.get("/v1/me/friend-suggestions")
async def list_suggestions(
    member: CurrentMember, session: ReadSessionDep, window: CursorWindowDep
) -> CursorPage[SuggestionRead]:
    """Suggest members to befriend: most friends in common first, then the most recent.

    Never the caller, a friend, someone with an open request in either direction, or the blocked.
    After those who share a friend come the newest members.
    """
    return await lists.list_suggestions(session, member.id, window)


@router.get("/v1/me/blocks")
async def list_blocked(
    member: CurrentMember, session: ReadSessionDep, window: CursorWindowDep
) -> CursorPage[BlockedRead]:
    """List whom the caller has blocked, newest first."""
    return await lists.list_blocked(session, member.id, window)


@router.put(
    "/v1/me/blocks/{username}",
    responses={status.HTTP_201_CREATED: {"model": BlockedRead, "description": "Newly blocked."}},
)
async def block(
    username: Username,
    member: VerifiedMember,
    session: WriteSessionDep,
    identity: IdentityDep,
    preconditions: PreconditionsDep,
    response: Response,
) -> BlockedRead:
    """Block a member: neither exists for the other any more, anywhere.

    Ends a friendship and open requests; the member is not told.
    """
    blocked, created = await service.block(session, identity, member, username, preconditions)
    if created:
        response.status_code = status.HTTP_201_CREATED
    return blocked


@router.delete("/v1/me/blocks/{username}", status_code=status.HTTP_204_NO_CONTENT)
async def unblock(
    username: Username,
    member: VerifiedMember,
    session: WriteSessionDep,
    identity: IdentityDep,
    preconditions: PreconditionsDep,
) -> None:
    """Lift a block; 204 also when there is none. The friendship it ended stays ended."""
    await service.unblock(session, identity, member, username, preconditions)


@router.get("/v1/me/mutes")
async def list_muted(
    member: CurrentMember, session: ReadSessionDep, window: CursorWindowDep
) -> CursorPage[MutedRead]:
    """List whom the caller has muted, newest first."""
    return await lists.list_muted(session, member.id, window)


@router.put(
    "/v1/me/mutes/{username}",
    responses={status.HTTP_201_CREATED: {"model": MutedRead, "description": "Newly muted."}},
)
async def mute(
    username: Username,
    member: VerifiedMember,
    session: WriteSessionDep,
    identity: IdentityDep,
    response: Response,
) -> MutedRead:
    """Mute a member: their activity and notices no longer reach the caller, who stays visible."""
    muted, created = await service.mute(session, identity, member, username)
    if created:
        response.status_code = status.HTTP_201_CREATED
    return muted


@router.delete("/v1/me/mutes/{username}", status_code=status.HTTP_204_NO_CONTENT)
async def unmute(
    username: Username, member: VerifiedMember, session: WriteSessionDep, identity: IdentityDep
) -> None:
    """Lift a mute; 204 also when there is none."""
    await service.unmute(session, identity, member, username)
