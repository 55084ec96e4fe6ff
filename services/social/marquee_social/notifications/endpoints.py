"""The routes of notifications."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Header, Path, Query, Request
from fastapi.responses import StreamingResponse

from marquee_shared.auth.dependencies import CurrentMember
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.service import Context
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep
from marquee_social.notifications import service
from marquee_social.notifications.schemas import NotificationRead, UnreadRead
from marquee_social.notifications.stream import first_position, follow

router = new_router(tags=["notifications"])

BIGGEST = 2**63 - 1
NotificationId = Annotated[int, Path(ge=1, le=BIGGEST, description="The notification's id.")]


@router.get("/v1/me/notifications")
async def list_notifications(
    member: CurrentMember,
    session: ReadSessionDep,
    window: CursorWindowDep,
    unread: Annotated[bool, Query(description="Only those not read yet.")] = False,
) -> CursorPage[NotificationRead]:
    """List what others did that concerns the caller, newest first.

    Nothing by members who have been muted or blocked, or have blocked the caller.
    """
    return await service.list_notifications(session, member.id, window, unread=unread)


@router.get("/v1/me/notifications/unread")
async def count_unread(member: CurrentMember, session: ReadSessionDep) -> UnreadRead:
    """Return how many notifications are unread, for a badge."""
    return await service.count_unread(session, member.id)


@router.put("/v1/me/notifications/read")
async def mark_all_read(
    member: CurrentMember,
    session: WriteSessionDep,
    until: Annotated[
        int, Query(ge=0, le=BIGGEST, description="Only up to this id, the newest one shown.")
    ] = BIGGEST,
) -> UnreadRead:
    """Mark all notifications as read, or all up to one; return how many are left unread."""
    return await service.mark_all_read(session, member.id, until)


@router.put("/v1/me/notifications/{notification_id}/read")
async def mark_read(
    notification_id: NotificationId, member: CurrentMember, session: WriteSessionDep
) -> NotificationRead:
    """Mark a notification as read; once read it keeps the time of the first reading."""
    return await service.mark_read(session, member.id, notification_id)


@router.get(
    "/v1/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def stream(
    member: CurrentMember,
    request: Request,
    last_event_id: Annotated[
        int | None,
        Header(ge=0, le=BIGGEST, description="Go on after this id; without it, from now on."),
    ] = None,
) -> StreamingResponse:
    """Follow the caller's notifications live, as server-sent events.

    Each is an event `notification` with its `id` and the JSON of `GET /v1/me/notifications`.
    Reconnect with `Last-Event-ID` and nothing is missed. A comment every few seconds shows that
    the stream lives. It ends, by an event `end`, when the token expires or its session does.
    """
    context: Context[Any] = request.app.state.context
    token = request.headers.get("authorization", "").partition(" ")[2].strip()
    position = await first_position(context.database, member, last_event_id)
    events: AsyncIterator[bytes] = follow(
        context.state["live"],
        context.database,
        request.app.state.verifier,
        member,
        token,
        position,
    )
    first = await anext(events)

    async def answer() -> AsyncIterator[bytes]:
        yield first
        async for event in events:
            yield event

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(answer(), media_type="text/event-stream", headers=headers)
