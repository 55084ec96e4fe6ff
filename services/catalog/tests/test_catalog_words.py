import random

import pytest

from marquee_catalog.imports.movielens import parse_title
from marquee_catalog.movies.naming import movie_slug
from marquee_catalog.search.words import (
    deletions,
    indexed_words,
    is_one_typo_apart,
    title_key,
)


def typos(word, rng):
    at = rng.randrange(len(word) - 1)
    letter = rng.choice("abcdefghij")
    return [
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    ]


def test_one_typo_of_any_kind_is_recognised_and_shares_a_deletion():
    rng = random.Random(1)
    for word in ("spirited", "godfather", "heat", "amelie", "vertigo"):
        for _ in range(50):
            for typo in typos(word, rng):
                if typo == word:
                    continue
                assert is_one_typo_apart(word, typo), (word, typo)
                assert set(deletions(word)) & set(deletions(typo))


@pytest.mark.parametrize(
    ("first", "second"), [("heat", "hot"), ("heat", "heat12"), ("abcd", "badc"), ("", "ab")]
)
def test_two_typos_are_not_one(first, second):
    assert not is_one_typo_apart(first, second)


def test_words_are_folded_compounds_joined_and_numerals_counted():
    assert indexed_words("Amélie & I") == ["amelie", "and", "i"]
    assert indexed_words("Spider-Man") == ["spider", "man", "spiderman"]
    assert "2" in indexed_words("The Godfather: Part II")


def test_title_keys_leave_out_a_leading_article_only():
    assert title_key("The Matrix") == title_key("matrix")
    assert title_key("The The") == "the"
    assert title_key("A") == "a"


@pytest.mark.parametrize(
    ("raw", "title", "year", "original", "alternatives"),
    [
        ("Matrix, The (1999)", "The Matrix", 1999, None, ()),
        ("City of Lost Children, The (Cité des enfants perdus, La) (1995)",
         "The City of Lost Children", 1995, "La Cité des enfants perdus", ()),
        ("Seven (a.k.a. Se7en) (1995)", "Seven", 1995, None, ("Se7en",)),
        ("Human Centipede II (Full Sequence), The (2011)",
         "The Human Centipede II", 2011, "Full Sequence", ()),
        ("Fawlty Towers (1975-1979)", "Fawlty Towers", 1975, None, ()),
        ("Big Bang Theory, The (2007-)", "The Big Bang Theory", 2007, None, ()),
        ("Stranger Things", "Stranger Things", None, None, ()),
        ("(500) Days of Summer (2009)", "(500) Days of Summer", 2009, None, ()),
    ],
)  # fmt: skip
def test_movielens_titles_are_taken_apart(raw, title, year, original, alternatives):
    parsed = parse_title(raw)
    assert (parsed.title, parsed.year) == (title, year)
    assert (parsed.original, parsed.alternatives) == (original, alternatives)


def test_slugs_have_the_year_and_leave_route_words_alone():
    assert movie_slug("Heat", 1995) == "heat-1995"
    assert movie_slug("Heat", None) == "heat"
    assert movie_slug("Lookup", None) != "lookup"
