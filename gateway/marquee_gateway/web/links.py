"""Where things live: the one place where the addresses of pages are written."""

from typing import Any
from urllib.parse import quote, urlencode

from starlette.datastructures import URL


def film(movie: dict[str, Any] | str) -> str:
    """The page of a film."""
    return f"/films/{_slug(movie)}"


def person(one: dict[str, Any] | str) -> str:
    """The page of someone who made films."""
    return f"/people/{_slug(one)}"


def genre(one: dict[str, Any] | str) -> str:
    """The page of a genre."""
    return f"/genres/{_slug(one)}"


def member(user: dict[str, Any] | str) -> str:
    """A member's profile."""
    return f"/members/{_escaped(user if isinstance(user, str) else user['username'])}"


def film_list(owner: dict[str, Any] | str, slug: str) -> str:
    """A member's list."""
    return f"{member(owner)}/lists/{_escaped(slug)}"


def search(**filters: Any) -> str:
    """The search, with filters set."""
    given = {name: value for name, value in filters.items() if value not in (None, "", [])}
    return f"/search?{urlencode(given, doseq=True)}" if given else "/search"


def sign_in(then: str = "/") -> str:
    """Signing in, and where to go on."""
    return "/sign-in" if then == "/" else f"/sign-in?{urlencode({'next': then})}"


def here(url: URL, **changes: Any) -> str:
    """The same page with other parameters."""
    changed = url.include_query_params(**changes)
    return f"{changed.path}?{changed.query}"


def local(target: str | None, default: str = "/") -> str:
    """Return a `next` that stays on this site; anything else becomes the default."""
    if (
        not target
        or not target.startswith("/")
        or target.startswith(("//", "/v1/", "/\\"))
        or any(character <= " " or character == "\\" for character in target)
    ):
        return default
    return target


def _slug(thing: dict[str, Any] | str) -> str:
    return _escaped(thing if isinstance(thing, str) else thing["slug"])


def _escaped(segment: str) -> str:
    return quote(segment, safe="")
