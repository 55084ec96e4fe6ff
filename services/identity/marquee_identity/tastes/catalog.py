"""Asking the catalog whether what a member names is there."""

import asyncio
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict

from marquee_identity.tastes.errors import UnknownSlugs
from marquee_shared.peers import Peer
from marquee_shared.problems import FieldError

SINGULAR: Final = {
    "genres": "genre",
    "platforms": "platform",
    "people": "person",
    "movies": "movie",
}


class Named(BaseModel):
    """What is read of anything in the catalog."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: int
    slug: str
    name: str = ""


async def find_named(catalog: Peer, kind: str, slug: str) -> Named | None:
    """Return one thing of the catalog by its slug."""
    return await catalog.get(f"/v1/{kind}/{quote(slug, safe='')}", Named)


async def check_slugs(catalog: Peer, asked: Sequence[tuple[str, str, str]]) -> list[Named]:
    """Return what is asked for as (pointer, kind, slug), in order, as the catalog knows it.

    Raises:
        UnknownSlugs: some are not in the catalog; each is named by its pointer.
        BadGateway: the catalog cannot be asked.
    """
    found = await asyncio.gather(*(find_named(catalog, kind, slug) for _, kind, slug in asked))
    unknown = [
        FieldError(
            pointer=pointer,
            code=f"unknown_{SINGULAR[kind]}",
            detail=f"There is no {SINGULAR[kind]} {slug!r}.",
        )
        for (pointer, kind, slug), named in zip(asked, found, strict=True)
        if named is None
    ]
    if unknown:
        raise UnknownSlugs(errors=unknown)
    return [named for named in found if named is not None]
