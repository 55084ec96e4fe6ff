"""The routes of translations.

The text is read on a connection that is given back before DeepL is asked.
"""

from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from marquee_shared.database import Database
from marquee_shared.routing import Language, new_router
from marquee_shared.schemas import ResponseModel
from marquee_shared.service import Context
from marquee_social.comments.endpoints import CommentId
from marquee_social.comments.service import get_comment
from marquee_social.content.schemas import ViewerDep
from marquee_social.reviews.endpoints import ReviewId
from marquee_social.reviews.service import get_review
from marquee_social.settings import SocialSettings
from marquee_social.translation.service import Translator, translator_of
from marquee_social.users.errors import UserNotFound
from marquee_social.users.service import IdentityDep, Username, get_user

router = new_router(tags=["translations"])


async def _translator(request: Request) -> Translator:
    context: Context[SocialSettings] = request.app.state.context
    return translator_of(context)


async def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


TranslatorDep = Annotated[Translator, Depends(_translator)]
DatabaseDep = Annotated[Database, Depends(_database)]


class Translated(ResponseModel):
    """What every translation says of itself."""

    translated: bool = Field(
        description="False: it is the original, because it is in that language already or "
        "could not be translated now."
    )
    source_language: str | None = Field(description="What it was written in, where known.")
    language: str | None = Field(description="What it is in now, where known.")


class ReviewTranslation(Translated):
    """A review in the caller's language."""

    id: int
    title: str
    content: str | None = Field(description="Null while it is kept from the caller as a spoiler.")


class CommentTranslation(Translated):
    """A comment in the caller's language."""

    id: int
    content: str | None = Field(description="Null while it is kept from the caller as a spoiler.")


class BioTranslation(Translated):
    """What a member says of themselves, in the caller's language."""

    username: str
    bio: str | None


class _Profile(BaseModel):
    model_config = ConfigDict(extra="ignore")

    bio: str | None = None


@router.get("/v1/reviews/{review_id}/translation")
async def translate_review(
    review_id: ReviewId,
    viewer: ViewerDep,
    database: DatabaseDep,
    translator: TranslatorDep,
    language: Language,
) -> ReviewTranslation:
    """Return a review in the caller's language, or as it is and marked `translated: false`."""
    async with database.reading() as session:
        review, _row = await get_review(session, viewer, review_id)
    texts = [review.title, *([review.content] if review.content is not None else [])]
    found = await translator.translate(texts, language, review.language)
    return ReviewTranslation(
        id=review.id,
        title=found.texts[0],
        content=found.texts[1] if review.content is not None else None,
        translated=found.translated,
        source_language=found.source_language,
        language=language if found.translated else found.source_language,
    )


@router.get("/v1/comments/{comment_id}/translation")
async def translate_comment(
    comment_id: CommentId,
    viewer: ViewerDep,
    database: DatabaseDep,
    translator: TranslatorDep,
    language: Language,
) -> CommentTranslation:
    """Return a comment in the caller's language, or as it is and marked `translated: false`."""
    async with database.reading() as session:
        comment, _row = await get_comment(session, viewer, comment_id)
    found = await translator.translate([comment.content or ""], language, None)
    return CommentTranslation(
        id=comment.id,
        content=found.texts[0] if comment.content is not None else None,
        translated=found.translated,
        source_language=found.source_language,
        language=language if found.translated else found.source_language,
    )


@router.get("/v1/users/{username}/translation")
async def translate_bio(
    username: Username,
    viewer: ViewerDep,
    database: DatabaseDep,
    identity: IdentityDep,
    translator: TranslatorDep,
    language: Language,
    request: Request,
) -> BioTranslation:
    """Return a member's bio in the caller's language, or as it is: `translated: false`."""
    async with database.reading() as session:
        user = await get_user(session, identity, viewer.id, username)
    token = request.headers.get("authorization", "").partition(" ")[2].strip() or None
    profile = await identity.get(f"/v1/users/{user.username}", _Profile, token=token)
    if profile is None:
        raise UserNotFound
    found = await translator.translate([profile.bio or ""], language, None)
    return BioTranslation(
        username=user.username,
        bio=found.texts[0] if profile.bio is not None else None,
        translated=found.translated,
        source_language=found.source_language,
        language=language if found.translated else found.source_language,
    )
