"""Twelve ways to love films, and how strongly each draws someone to a film."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, pstdev
from typing import Any

MODERN_FROM = 1985


@dataclass(frozen=True, slots=True)
class Taste:
    """What someone of this taste looks for; weights add up over what a film has."""

    genres: Mapping[str, float]
    tags: Mapping[str, float] = field(default_factory=dict)
    abroad: float = 0.0
    """How much a film in another language than English draws them."""
    modern: float = 0.0
    """How much a film since 1985 does; negative draws to older ones."""


TASTES: Mapping[str, Taste] = {
    "science fiction": Taste(
        {"Science Fiction": 3, "Action": 0.5, "Romance": -1, "Musical": -1},
        {"space": 1, "aliens": 1, "robot": 1, "artificial-intelligence": 1.5, "dystopia": 1,
         "time-travel": 1.5, "post-apocalyptic": 1},
        modern=0.3,
    ),
    "noir and crime": Taste(
        {"Crime": 2.5, "Mystery": 1.5, "Thriller": 1, "Animation": -1.5, "Family": -1.5},
        {"film-noir": 2, "neo-noir": 2, "femme-fatale": 2, "heist": 1, "betrayal": 1,
         "gangster": 1, "mafia": 1, "black-and-white": 1, "police": 0.5},
    ),
    "family animation": Taste(
        {"Animation": 3, "Family": 2.5, "Adventure": 0.5, "Horror": -2, "Crime": -1, "War": -1},
        {"pixar": 1.5, "fairy-tale": 1, "magic": 0.5, "childhood": 0.5, "animals": 1,
         "feel-good": 0.5, "christmas": 0.5},
        modern=0.4,
    ),
    "world cinema": Taste(
        {"Drama": 0.6, "Action": -1, "Adventure": -0.5},
        {"slow-burn": 1, "village": 0.7, "poverty": 0.7, "memory": 0.5, "loneliness": 0.5},
        abroad=2.5,
    ),
    "horror": Taste(
        {"Horror": 3.5, "Thriller": 0.8, "Family": -1.5, "Romance": -0.8, "Musical": -1},
        {"monster": 0.7, "ghost": 1, "slasher": 1.5, "body-horror": 1.5, "haunted-house": 1,
         "vampire": 1, "witch": 1, "madness": 0.5, "serial-killer": 1},
    ),
    "romance": Taste(
        {"Romance": 3, "Comedy": 0.5, "Musical": 0.5, "Horror": -1.5, "War": -0.8},
        {"love-story": 1.5, "love-triangle": 1, "lost-love": 1, "wedding": 1, "feel-good": 0.8,
         "heartbreak": 0.8},
    ),
    "action and adventure": Taste(
        {"Action": 2.5, "Adventure": 1.5, "Romance": -0.7},
        {"superhero": 1.5, "martial-arts": 1, "revenge": 0.5, "spy": 1, "treasure": 1,
         "survival": 0.5, "epic": 0.5, "disaster": 0.5},
        modern=0.8,
    ),
    "golden age": Taste(
        {"Comedy": 0.4, "Romance": 0.3, "Musical": 0.8, "Western": 0.5},
        {"black-and-white": 1, "silent": 1.5, "slapstick": 1, "film-noir": 0.5, "theatre": 0.5},
        modern=-2.2,
    ),
    "comedy": Taste(
        {"Comedy": 3, "Horror": -0.8, "War": -1},
        {"satire": 1, "dark-comedy": 0.7, "slapstick": 1, "feel-good": 0.7, "road-trip": 0.5,
         "school": 0.5, "mistaken-identity": 1},
    ),
    "history and war": Taste(
        {"War": 2.5, "History": 2.5, "Biography": 1.2, "Animation": -1},
        {"world-war-ii": 1.5, "world-war-i": 1.5, "vietnam": 1, "epic": 1, "true-story": 1,
         "holocaust": 1, "royalty": 0.7, "samurai": 0.7, "politics": 0.5},
    ),
    "music and dance": Taste(
        {"Music": 2.5, "Musical": 3, "Biography": 0.4, "Horror": -0.8},
        {"dance": 1.5, "music-band": 1.5, "music": 1, "opera": 1, "theatre": 0.7,
         "nightclub": 0.5},
    ),
    "fantasy and magic": Taste(
        {"Fantasy": 3, "Adventure": 1, "Crime": -0.7},
        {"magic": 1.5, "quest": 1.5, "witch": 0.7, "fairy-tale": 1, "dream": 0.5,
         "monster": 0.5, "anime": 0.7},
    ),
}  # fmt: skip


def _pull(taste: Taste, film: Mapping[str, Any]) -> float:
    pull = sum(taste.genres.get(genre, 0.0) for genre in film["genres"])
    pull += sum(taste.tags.get(tag, 0.0) for tag in film["tags"])
    if film["languages"] and film["languages"][0] != "en":
        pull += taste.abroad
    return pull + (taste.modern if film["year"] >= MODERN_FROM else -taste.modern)


def affinities(films: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """Return, per taste, how much each film draws it: mean 0, spread 1, squeezed into -2 … 2."""
    drawn = {}
    for name, taste in TASTES.items():
        pulls = [_pull(taste, film) for film in films]
        mean, spread = fmean(pulls), pstdev(pulls) or 1.0
        drawn[name] = [2 * math.tanh((pull - mean) / spread / 2) for pull in pulls]
    return drawn
