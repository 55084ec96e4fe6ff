"""The rules of reactions."""

from collections.abc import Sequence
from uuid import UUID

from marquee_shared.auth.principals import Principal
from marquee_shared.database import WriteSession
from marquee_social.content.rules import ContentType
from marquee_social.reactions import repository
from marquee_social.reactions.emoji import Emoji, helpfulness


async def add_reaction(
    session: WriteSession, target: ContentType, thing: int, member: Principal, emoji: Emoji
) -> bool | None:
    """React to a thing the member is shown; whether it is new. None: the thing is gone."""
    row = await repository.add_reaction(
        session, target, thing, member.id, emoji, helpfulness(emoji)
    )
    return bool(row.added) if row.found else None


async def remove_reaction(
    session: WriteSession, target: ContentType, thing: int, member: Principal, emoji: Emoji
) -> None:
    """Take a reaction back, if there is one."""
    await repository.remove_reaction(session, target, thing, member.id, emoji, helpfulness(emoji))


async def drop_reactions(session: WriteSession, target: ContentType, things: Sequence[int]) -> None:
    """Delete all reactions to things deleted in this transaction.

    In a statement of its own: its snapshot is younger than the locks on the things, so it sees
    the reactions of everybody who came before.
    """
    if things:
        await repository.drop_reactions(session, target, things)


async def erase_reactions(session: WriteSession, member: UUID) -> int:
    """Delete and uncount all of a member's reactions; return how many."""
    reviews = await repository.erase_reactions(session, "review", member)
    return reviews + await repository.erase_reactions(session, "comment", member)
