"""How a folder of pages says what it serves: `pages = Pages("film")`, then one line per handler."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from marquee_gateway.web.visit import Visit

Handler = Callable[["Visit"], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Page:
    """One method of one address.

    Attributes:
        member: Guests are sent to sign in.
        plain: Nothing personal is asked or shown: no session is looked up.
    """

    method: str
    path: str
    handler: Handler
    member: bool
    plain: bool


class Pages:
    """The pages of one folder."""

    def __init__(self) -> None:
        self.all: list[Page] = []

    @classmethod
    def joined(cls, *parts: "Pages") -> "Pages":
        """Return several modules' pages as one."""
        whole = cls()
        whole.all = [page for part in parts for page in part.all]
        return whole

    def get(
        self, path: str, *, member: bool = False, plain: bool = False
    ) -> Callable[[Handler], Handler]:
        """Serve a page."""
        return self._add("GET", path, member, plain)

    def post(self, path: str, *, member: bool = False) -> Callable[[Handler], Handler]:
        """Take a form; its token has been checked, what was sent is in `visit.form`."""
        return self._add("POST", path, member, plain=False)

    def _add(
        self, method: str, path: str, member: bool, plain: bool
    ) -> Callable[[Handler], Handler]:
        def keep(handler: Handler) -> Handler:
            self.all.append(Page(method, path, handler, member, plain))
            return handler

        return keep
