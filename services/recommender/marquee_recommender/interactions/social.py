"""Asking social for a member's interactions when an event of theirs has not arrived yet."""

import logging
from datetime import datetime
from typing import Literal

from prometheus_client import Counter
from pydantic import BaseModel, ConfigDict

from marquee_recommender.engine import Event
from marquee_recommender.interactions.profiles import MemberProfile
from marquee_shared.peers import Peer
from marquee_shared.problems import BadGateway

logger = logging.getLogger(__name__)

ASKED = Counter(
    "marquee_recommender_social_reads_total",
    "Profiles read from social because an event was under way",
    ["outcome"],
)


class Rating(BaseModel):
    """One current rating."""

    model_config = ConfigDict(extra="ignore")

    movie_id: int
    value: float
    rated_at: datetime


class Signal(BaseModel):
    """One current signal."""

    model_config = ConfigDict(extra="ignore")

    movie_id: int
    kind: Literal["like", "dislike", "not_interested", "seen"]
    at: datetime


class Interactions(BaseModel):
    """Everything a member has rated and signalled, in no order."""

    model_config = ConfigDict(extra="ignore")

    ratings: list[Rating]
    signals: list[Signal] = []


async def fetch_profile(social: Peer, token: str, deadline: float) -> MemberProfile | None:
    """Return what the caller did as social knows it; None when social does not answer in time."""
    try:
        answer = await social.get(
            "/internal/me/interactions", Interactions, token=token, timeout=deadline
        )
    except BadGateway as error:  # out of reach, too late and nonsense are all of this kind
        ASKED.labels("failed").inc()
        logger.warning("social did not tell in time: %s; the replica answers", error)
        return None
    ASKED.labels("answered").inc()
    if answer is None:
        return None
    rated = [Event(r.movie_id, "rating", r.value, r.rated_at.timestamp()) for r in answer.ratings]
    signalled = [Event(s.movie_id, s.kind, None, s.at.timestamp()) for s in answer.signals]
    return MemberProfile(rated + signalled)
