"""The life of signing keys.

A key is *next* (published, not signing), then *current* (signs), then *retired* (published until
the last token it signed has expired), then destroyed. A rotation makes the next key current once
it has been published for `LEAD`, so that no checker meets a token whose key it has not been able
to fetch: checkers keep the set for a minute, caches before them for ten seconds.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Literal

import orjson
from joserfc.jwk import ECKey

from marquee_identity.keys import repository
from marquee_identity.keys.models import SigningKey
from marquee_identity.keys.sealing import Seal
from marquee_shared.auth.tokens import ALGORITHM
from marquee_shared.database import WriteSession
from marquee_shared.events.identity import KeyWithdrawn
from marquee_shared.outbox import publish

ACCESS_TOKEN_LIFETIME = timedelta(minutes=15)
LEAD = timedelta(minutes=5)
RETENTION = ACCESS_TOKEN_LIFETIME + timedelta(minutes=5)
"""A process may sign with a retired key while its cached ring is stale; checkers allow leeway."""
KEY_LIFETIME = timedelta(days=30)

State = Literal["next", "scheduled", "current", "retired", "expired"]


def new_key(seal: Seal, signs_from: datetime | None) -> SigningKey:
    """Make a key pair, its private half sealed."""
    kid = secrets.token_urlsafe(12)
    key = ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": ALGORITHM})
    private = orjson.dumps(key.as_dict(private=True))
    return SigningKey(
        kid=kid,
        public=key.as_dict(private=False),
        private_sealed=seal.seal(kid, private),
        signs_from=signs_from,
    )


def states(keys: Sequence[SigningKey], now: datetime) -> dict[str, State]:
    """Return the state of each key by `kid`; `keys` in the order of `list_keys`."""
    found: dict[str, State] = {}
    dated = [(key.kid, key.signs_from) for key in keys if key.signs_from is not None]
    ends = [signs_from for _, signs_from in dated[1:]]
    for (kid, begin), end in zip_longest(dated, ends):
        if begin > now:
            found[kid] = "scheduled"
        elif end is None or end > now:
            found[kid] = "current"
        else:
            found[kid] = "retired" if end + RETENTION > now else "expired"
    return found | {key.kid: "next" for key in keys if key.signs_from is None}


async def ensure_keys(session: WriteSession, seal: Seal) -> None:
    """Make the first current and next key where there is none. Safe to call at once."""
    await repository.lock_rotation(session)
    if await repository.list_keys(session):
        return
    now = await repository.database_now(session)
    session.add_all([new_key(seal, now), new_key(seal, None)])
    await session.flush()


async def rotate_keys(session: WriteSession, seal: Seal) -> tuple[SigningKey, SigningKey]:
    """Let the next key sign as soon as it may, and publish another as the next.

    Returns the key that will sign, its `signs_from` at most `LEAD` ahead, and the new next.
    """
    await ensure_keys(session, seal)
    keys = await repository.list_keys(session)
    now = await repository.database_now(session)
    following = next(key for key in keys if key.signs_from is None)
    following.signs_from = max(now, following.created_at + LEAD)
    added = new_key(seal, None)
    session.add(added)
    await session.flush()
    await destroy_expired_keys(session)
    return following, added


async def withdraw_key(session: WriteSession, seal: Seal, kid: str) -> SigningKey | None:
    """Destroy a key that may be in wrong hands, and have what it signed refused at once.

    Where it was the one that signs, another takes over in this moment. Returns the key that
    signs now; None where there is no such key.
    """
    await repository.lock_rotation(session)
    keys = list(await repository.list_keys(session))
    gone = next((key for key in keys if key.kid == kid), None)
    if gone is None:
        return None
    await repository.delete_keys(session, [kid])
    keys.remove(gone)
    now = await repository.database_now(session)
    signing = [key for key in keys if key.signs_from is not None and key.signs_from <= now]
    if not signing:
        heir = keys[0] if keys else new_key(seal, None)
        heir.signs_from = now
        session.add(heir)
        signing = [heir]
    if all(key.signs_from is not None for key in keys):
        session.add(new_key(seal, None))
    await session.flush()
    await publish(session, KeyWithdrawn(kid=kid), 1)
    return signing[-1]


async def reseal_keys(session: WriteSession, seal: Seal) -> int:
    """Seal with the present secret what the previous one sealed; return how many keys."""
    await repository.lock_rotation(session)
    old = [
        key
        for key in await repository.list_keys(session)
        if not seal.is_current(key.kid, key.private_sealed)
    ]
    for key in old:
        key.private_sealed = seal.seal(key.kid, seal.open(key.kid, key.private_sealed))
    await session.flush()
    return len(old)


async def rotate_if_old(session: WriteSession, seal: Seal) -> bool:
    """Rotate when the key that signs is older than `KEY_LIFETIME` and none is scheduled."""
    await ensure_keys(session, seal)
    keys = await repository.list_keys(session)
    now = await repository.database_now(session)
    found = states(keys, now)
    newest = max(key.signs_from for key in keys if key.signs_from is not None)
    if "scheduled" in found.values() or newest + KEY_LIFETIME > now:
        return False
    await rotate_keys(session, seal)
    return True


async def destroy_expired_keys(session: WriteSession) -> list[str]:
    """Destroy the keys whose last token has expired; return their `kid`s."""
    keys = await repository.list_keys(session)
    found = states(keys, await repository.database_now(session))
    gone = [kid for kid, state in found.items() if state == "expired"]
    await repository.delete_keys(session, gone)
    return gone
