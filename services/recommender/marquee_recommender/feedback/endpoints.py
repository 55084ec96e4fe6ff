"""Where clients tell what was seen and clicked."""

from fastapi import Request, status

from marquee_recommender.feedback import service
from marquee_recommender.feedback.schemas import FeedbackBatch, FeedbackTaken
from marquee_recommender.serving import serving_of
from marquee_shared.auth.dependencies import CurrentMember
from marquee_shared.routing import new_router
from marquee_shared.sessions import WriteSessionDep

router = new_router(tags=["recommendations"])


@router.post("/v1/me/recommendation-events", status_code=status.HTTP_202_ACCEPTED)
async def send_recommendation_events(
    body: FeedbackBatch, session: WriteSessionDep, member: CurrentMember, request: Request
) -> FeedbackTaken:
    """Tell which recommended films the caller saw in a list, and which they clicked.

    Safe to send twice: one impression and one click count per answer (`request_id`) and film. An
    event about an unknown film is named in `rejected`; the others are taken.
    """
    return await service.take(session, serving_of(request).catalog, member.id, body)
