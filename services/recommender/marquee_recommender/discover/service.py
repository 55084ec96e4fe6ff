"""One turn of a conversation: read the text, add it to what was said, look for films."""

from typing import Any
from uuid import UUID, uuid4

from marquee_recommender.circle.repository import load_circle
from marquee_recommender.discover.conversations import (
    Conversation,
    get_conversation,
    keep_conversation,
)
from marquee_recommender.discover.parsing import Parsed, parse
from marquee_recommender.discover.ranking import Wish, open_films, rank
from marquee_recommender.discover.schemas import DiscoverAsk
from marquee_recommender.discover.understood import LISTS
from marquee_recommender.discover.words import reply
from marquee_recommender.embeddings.service import near_text
from marquee_recommender.interactions.profiles import MemberProfile
from marquee_recommender.interactions.repository import load_profile
from marquee_recommender.recommendations.service import Json, today
from marquee_recommender.serving import Serving
from marquee_shared import logs
from marquee_shared.database import WriteSession

MOST_IN_A_LIST = 20
FEW = 2000
"""Films whose vectors are compared one by one rather than looked up by the index."""


async def discover(
    session: WriteSession,
    serving: Serving,
    helped: dict[str, Any],
    user_id: UUID | None,
    ask: DiscoverAsk,
    language: str,
) -> Json:
    """Answer a text within its conversation; `helped` is what an outside model understood.

    Raises:
        ConversationNotFound: it is another one's, or over.
    """
    before = Conversation()
    if ask.conversation_id is not None:
        before = await get_conversation(session, ask.conversation_id, user_id)
    catalog, active = serving.catalog, serving.model.current
    names = await serving.names.current()
    parsed = parse(ask.text, names, language, today().year)
    understood = _merged(before, parsed, helped)
    if ask.filters is not None:
        chosen = ask.filters.model_dump(include=ask.filters.model_fields_set)
        understood = {k: v for k, v in (understood | chosen).items() if v}
    _in_order(understood)
    profile = MemberProfile([])
    if user_id is not None:
        circle = await load_circle(session, user_id)
        profile = (await load_profile(session, user_id, [])).within(circle)
    shown = before.shown if parsed.more else ()
    wish = Wish(understood, parsed.rest, shown, ask.limit, language)
    text = ask.text if parsed.rest or understood.get("tags") or understood.get("like") else ""
    meant = await _meant(session, serving, text, profile, wish) if text else {}
    items = rank(catalog, active, names, profile, wish, meant)
    conversation_id = ask.conversation_id or uuid4()
    now_shown = (*shown, *(item["movie"]["id"] for item in items))
    await keep_conversation(session, conversation_id, user_id, Conversation(understood, now_shown))
    return {
        "understood": understood,
        "items": items,
        "reply": reply(understood, len(items), catalog, language),
        "conversation_id": conversation_id,
        "model": active.version if active else None,
        "request_id": logs.request_id.get(),
    }


async def _meant(
    session: WriteSession, serving: Serving, text: str, profile: MemberProfile, wish: Wish
) -> dict[int, float]:
    """Return the films near to a text, looked for among those that pass where these are few."""
    catalog = serving.catalog
    open_ = open_films(catalog, profile, wish)
    like = [catalog.films[row].id for row in catalog.rows(wish.understood.get("like", ()))]
    few = 0 < int(open_.sum()) <= FEW
    among = catalog.ids[open_].tolist() if few else None
    return await near_text(session, serving.meaning, text, like, among)


def _merged(before: Conversation, parsed: Parsed, helped: dict[str, Any]) -> dict[str, Any]:
    """Add what a text says to what was said: anew field by field, lists longer with “also”."""
    said = helped | parsed.said
    if parsed.afresh:
        return said
    merged = before.understood | said
    if {"year_from", "year_to"} & set(said):
        merged |= {name: said.get(name) for name in ("year_from", "year_to")}
    if parsed.also:
        for name in LISTS:
            both = [*before.understood.get(name, ()), *said.get(name, ())]
            merged[name] = list(dict.fromkeys(both))[:MOST_IN_A_LIST]
    return {name: value for name, value in merged.items() if value}


def _in_order(understood: dict[str, Any]) -> None:
    """Let the later word on years win where the two would leave nothing."""
    low, high = understood.get("year_from"), understood.get("year_to")
    if low is not None and high is not None and low > high:
        understood["year_from"], understood["year_to"] = high, low
