"""Reasons in words: the engine's contributions, said in the caller's language."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from marquee_recommender import engine
from marquee_recommender.circle.profile import Circle
from marquee_recommender.interactions.profiles import MemberProfile
from marquee_recommender.movies.catalog import Catalog
from marquee_recommender.recommendations.boosts import followed
from marquee_recommender.recommendations.words import (
    COUNTRY,
    FOLLOWED,
    FRIEND,
    FRIENDS,
    LATELY,
    LATEST_RATINGS,
    LIKED,
    NAMED,
    PLATFORM,
    POPULAR,
    RATED,
    TASTE,
    WATCHED,
    say,
)

DIGITS = 10_000


def rating_text(value: float, language: str) -> str:
    """Write a rating as people do: `4`, `4.5`, in some languages `4,5`."""
    text = f"{value:g}"
    return text if language == "en" else text.replace(".", ",")


def rounded(share: float) -> float:
    """Round a share down, so that the parts never sum to more than the whole."""
    return math.floor(share * DIGITS) / DIGITS


def explained_by(reasons: Sequence[Mapping[str, Any]]) -> float:
    """Return the share that reasons account for: never below the sum a reader makes of them."""
    total: float = sum(reason["weight"] for reason in reasons)
    shown = round(total, 4)
    return min(1.0, shown if shown >= total else round(shown + 1 / DIGITS, 4))


def friends_reason(circle: Circle, movie_id: int, language: str, weight: float) -> dict[str, Any]:
    """Return the reason that friends who show their ratings rated a film 4 or more."""
    favourite = circle.favourites[movie_id]
    users = [circle.friends[friend] for friend in favourite.known if friend in circle.friends]
    if favourite.friends == 1 and users:
        text = say(FRIEND, language, name=users[0]["name"] or users[0]["username"])
    else:
        text = say(FRIENDS, language, count=favourite.friends)
    return {"kind": "friends", "text": text, "weight": weight, "users": users}


class Teller:
    """Says one member's reasons in one language."""

    def __init__(
        self, catalog: Catalog, profile: MemberProfile, language: str, *, data_is_fresh: bool
    ) -> None:
        self._catalog = catalog
        self._language = language
        self._circle = profile.circle
        self._followed = frozenset(followed(catalog, profile))
        self._by_film: dict[Any, list[engine.Event]] = {}
        for event in profile.events:
            self._by_film.setdefault(event.item, []).append(event)
        self._trending = LATELY if data_is_fresh else LATEST_RATINGS

    def tell(
        self, movie_id: Any, reasons: Sequence[engine.Reason]
    ) -> tuple[float, list[dict[str, Any]]]:
        """Return the explained share and the reasons for a film as the API shows them.

        What speaks for it twice, as a director whose films the member likes and whom they
        follow, is said once.
        """
        told: dict[tuple[Any, ...], dict[str, Any]] = {}
        for reason in reasons:
            said = self._say(movie_id, reason)
            if said is not None:
                film = said.get("movie", {}).get("id")
                same = told.setdefault((said["kind"], said["text"], film), said)
                if same is not said:
                    same["weight"] = rounded(same["weight"] + said["weight"])
        listed = sorted(told.values(), key=lambda reason: -reason["weight"])
        return explained_by(listed), listed

    def _say(self, movie_id: Any, reason: engine.Reason) -> dict[str, Any] | None:
        weight = rounded(reason.share)
        if reason.kind == "because_you_rated":
            return self._film(reason, weight)
        if reason.kind == "friends":
            return self._friends(movie_id, weight)
        if reason.kind in NAMED:
            return self._named(reason, weight)
        words = {"popular": POPULAR, "trending": self._trending, "taste": TASTE}.get(reason.kind)
        if words is not None:
            text = say(words, self._language)
        elif reason.kind == "platform":
            label = self._catalog.labels["platform"][reason.subject]
            text = say(PLATFORM, self._language, name=label["name"])
        else:
            text = say(COUNTRY, self._language)
        kind = "taste" if reason.kind in ("platform", "country") else reason.kind
        return {"kind": kind, "text": text, "weight": weight}

    def _named(self, reason: engine.Reason, weight: float) -> dict[str, Any] | None:
        label = self._catalog.labels.get(reason.kind, {}).get(reason.subject)
        if label is None:
            return None  # the catalog no longer knows it
        is_person = reason.kind in FOLLOWED
        words = FOLLOWED if is_person and reason.subject in self._followed else NAMED
        text = say(words[reason.kind], self._language, name=label["name"])
        member = "person" if is_person else reason.kind
        return {"kind": reason.kind, "text": text, "weight": weight, member: label}

    def _friends(self, movie_id: Any, weight: float) -> dict[str, Any]:
        return friends_reason(self._circle, movie_id, self._language, weight)

    def _film(self, reason: engine.Reason, weight: float) -> dict[str, Any] | None:
        row = self._catalog.row_of.get(reason.subject)
        if row is None or not self._catalog.films[row].slug:
            return None  # the film was deleted: nothing of it is shown
        film = self._catalog.films[row]
        title = film.title_in(self._language)
        events = {event.kind: event for event in self._by_film.get(reason.subject, ())}
        rating = events.get("rating")
        if rating is not None and rating.value is not None:
            value = rating_text(rating.value, self._language)
            text = say(RATED, self._language, title=title, value=value)
        else:
            text = say(LIKED if "like" in events else WATCHED, self._language, title=title)
        return {
            "kind": "because_you_rated",
            "text": text,
            "weight": weight,
            "movie": film.summary(self._language),
        }
