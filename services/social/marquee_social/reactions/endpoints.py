"""The routes of reactions, the same for reviews and comments."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Path, Request, Response, status

from marquee_shared.auth.dependencies import OptionalCaller, VerifiedMember
from marquee_shared.auth.principals import Principal
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep
from marquee_social.comments.errors import CommentNotFound
from marquee_social.comments.repository import find_comment
from marquee_social.content.rules import ContentType, Viewer
from marquee_social.content.schemas import ContentId, ReactionsRead
from marquee_social.limits import limited
from marquee_social.notifications.service import Target, notify
from marquee_social.reactions import service
from marquee_social.reactions.emoji import Emoji
from marquee_social.reviews.errors import ReviewNotFound
from marquee_social.reviews.repository import find_review
from marquee_social.users.authors import Author

router = new_router(tags=["reactions"])

Find = Callable[[ReadSession | WriteSession, Viewer, int], Awaitable[Any]]
FIND: dict[ContentType, Find] = {"review": find_review, "comment": find_comment}


@dataclass(frozen=True, slots=True)
class Thing:
    """What a path names to react to."""

    type: ContentType
    id: int

    async def shown_to(self, session: ReadSession | WriteSession, caller: Principal | None) -> Any:
        """Return its row.

        Raises:
            ReviewNotFound, CommentNotFound: none, or not for this caller.
        """
        row = await FIND[self.type](session, Viewer.of(caller), self.id)
        if row is None:
            raise self.missing
        return row

    @property
    def missing(self) -> ReviewNotFound | CommentNotFound:
        """The error that says that it is not there."""
        return ReviewNotFound() if self.type == "review" else CommentNotFound()


async def _thing(
    request: Request, thing_id: Annotated[ContentId, Path(description="Its number.")]
) -> Thing:
    reviews = request.url.path.startswith("/v1/reviews/")
    return Thing("review" if reviews else "comment", thing_id)


ThingDep = Annotated[Thing, Depends(_thing)]
REVIEW = "/v1/reviews/{thing_id}/reactions"
COMMENT = "/v1/comments/{thing_id}/reactions"


@router.get(REVIEW)
@router.get(COMMENT)
async def list_reactions(
    thing: ThingDep, caller: OptionalCaller, session: ReadSessionDep
) -> ReactionsRead:
    """Return how many members gave each reaction, and which of them the caller did."""
    row = await thing.shown_to(session, caller)
    return ReactionsRead.model_validate(row.reactions)


CREATED: dict[int | str, dict[str, Any]] = {
    status.HTTP_201_CREATED: {"model": ReactionsRead, "description": "Newly given."}
}


@router.put(f"{REVIEW}/{{emoji}}", responses=CREATED, dependencies=[limited("reaction")])
@router.put(f"{COMMENT}/{{emoji}}", responses=CREATED, dependencies=[limited("reaction")])
async def add_reaction(
    thing: ThingDep, emoji: Emoji, author: Author, session: WriteSessionDep, response: Response
) -> ReactionsRead:
    """React. A member may give several different reactions; the same again changes nothing."""
    shown = await thing.shown_to(session, author)
    added = await service.add_reaction(session, thing.type, thing.id, author, emoji)
    if added is None:
        raise thing.missing
    if added:
        response.status_code = status.HTTP_201_CREATED
    row = await thing.shown_to(session, author)
    if added and shown.user_id is not None:
        data = {"emoji": emoji, "review_id": shown.review_id, "movie": shown.movie}
        await notify(
            session, "reaction", author, [shown.user_id], Target(thing.type, str(thing.id), data)
        )
    return ReactionsRead.model_validate(row.reactions)


@router.delete(f"{REVIEW}/{{emoji}}", status_code=status.HTTP_204_NO_CONTENT)
@router.delete(f"{COMMENT}/{{emoji}}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_reaction(
    thing: ThingDep, emoji: Emoji, member: VerifiedMember, session: WriteSessionDep
) -> None:
    """Take a reaction back; 204 also when there is none."""
    await thing.shown_to(session, member)
    await service.remove_reaction(session, thing.type, thing.id, member, emoji)
