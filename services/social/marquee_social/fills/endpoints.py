"""The routes of filling lists; lists are made and changed with a `fill` by the lists' own."""

from typing import Annotated

from fastapi import Depends, Request, status

from marquee_shared.auth.dependencies import CurrentMember, VerifiedMember
from marquee_shared.conditional import PreconditionsDep
from marquee_shared.problems import Invalid
from marquee_shared.routing import Language, new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep
from marquee_social.fills import service
from marquee_social.fills.preparing import bearer
from marquee_social.fills.schemas import FillPreview, FillRead
from marquee_social.fills.service import Prepared
from marquee_social.lists.endpoints import ONE, ListSlug
from marquee_social.lists.service import lock_own_list
from marquee_social.users.service import IdentityDep, Username

router = new_router(tags=["lists"])


async def _prepared(
    body: FillPreview, member: CurrentMember, request: Request, language: Language
) -> Prepared:
    prepared = await service.prepare(
        request.app.state.context,
        member.id,
        bearer(request),
        body,
        list_slug=body.list_slug,
        pointer="",
        language=language,
    )
    if body.list_slug is not None and prepared.list_id is None:
        raise Invalid.at("/list", "list_not_found", "You have no such list.")
    return prepared


@router.post("/v1/lists/fill-preview", response_model_exclude_unset=True)
async def preview_fill(
    prepared: Annotated[Prepared, Depends(_prepared)], session: ReadSessionDep
) -> FillRead:
    """Show what a fill would bring, the best first, with what speaks for each; nothing is saved.

    Never a film the caller has rated, signalled or watched to its end, none that is not released,
    and none of the list named. Where the caller has named platforms, only what is on any of them.
    Films are ranked by the recommender; chosen people in a film, chosen friends who rated it 4 or
    more, and its awards count on top of that. Is the recommender not to be had, what is popular
    comes first, and `ranking` says so. Filling with the same body right after gives the same.
    """
    return await service.pick(session, prepared, prepared.list_id, prepared.fill.limit)


@router.delete(f"{ONE}/fill", status_code=status.HTTP_204_NO_CONTENT)
async def undo_fill(
    username: Username,
    slug: ListSlug,
    member: VerifiedMember,
    session: WriteSessionDep,
    identity: IdentityDep,
    preconditions: PreconditionsDep,
) -> None:
    """Take out what the last fill brought; 204 also when nothing of it is left.

    A film that the caller has put there themselves since then, or has given a note, stays.
    """
    row = await lock_own_list(session, identity, member, username, slug, preconditions)
    await service.undo_fill(session, row.id, row.fills)
