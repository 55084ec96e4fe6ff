"""What holds for whoever edits or deletes what they wrote.

`held` is a locked review or comment, deleted ones too, with whether it is `shown` to the member.
"""

from typing import Any

from pydantic import BaseModel

from marquee_shared.auth.principals import Principal
from marquee_shared.conditional import Preconditions
from marquee_shared.problems import Forbidden, NotFound


def require_own(held: Any, member: Principal, not_found: type[NotFound]) -> Any:
    """Return what the member wrote.

    Raises:
        NotFound: the kind's own; there is none, or not for them.
        Forbidden: somebody else's.
    """
    if held is not None and held.user_id == member.id:
        return held
    if held is None or not held.shown:
        raise not_found
    raise Forbidden


def require_edit(
    held: Any, body: BaseModel, preconditions: Preconditions, not_found: type[NotFound]
) -> dict[str, Any] | None:
    """Return the words as an edit leaves them; None where it changes nothing.

    Raises:
        NotFound: the kind's own; it is deleted.
        PreconditionFailed: it is not the version named by `If-Match`.
    """
    if held.deleted_at is not None or not held.shown:
        raise not_found
    preconditions.require(held.revision)
    words = {name: getattr(held, name) for name in type(body).model_fields}
    changed = {**words, **body.model_dump(exclude_unset=True)}
    return None if changed == words else changed


def require_deletion(held: Any, preconditions: Preconditions) -> None:
    """Refuse to delete another version than the one named; what is gone has none.

    Raises:
        PreconditionFailed: it is not the version named by `If-Match`.
    """
    preconditions.require(None if held.deleted_at is not None else held.revision)
