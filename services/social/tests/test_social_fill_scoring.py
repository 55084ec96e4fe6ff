"""What films score, over any candidates and rankings."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from marquee_social.fills.ranking import RANKED, RankedFilm, Ranking
from marquee_social.fills.schemas import FillReason
from marquee_social.fills.scoring import Candidate, choose
from marquee_social.movies.schemas import MovieSummary
from marquee_social.users.schemas import UserSummary

FRIEND = UserSummary(id=UUID(int=1), username="bob", name="Bob", avatar_url=None)
PERSON = {"id": 5, "slug": "kubrick", "name": "Kubrick", "job": "director"}
share = st.floats(0, 1)


def movie(number):
    return MovieSummary(
        id=number, slug=f"film-{number}", title="", year=None, cover_url=None, genres=[]
    )


@st.composite
def candidates(draw):
    return [
        Candidate(
            movie=movie(number),
            popularity=draw(st.floats(0, 1e6)),
            awards=draw(st.integers(0, 50)),
            people=[PERSON] * draw(st.integers(0, 3)),
            friends=[(FRIEND, draw(st.integers(8, 10))) for _ in range(draw(st.integers(0, 5)))],
        )
        for number in range(draw(st.integers(0, 12)))
    ]


@st.composite
def rankings(draw):
    films = {}
    for place, number in enumerate(draw(st.permutations(range(12)))[: draw(st.integers(0, 12))]):
        explained = draw(share)
        weights = [explained * draw(share) / 3 for _ in range(draw(st.integers(0, 3)))]
        reasons = [FillReason(kind="similar", text="t", weight=weight) for weight in weights]
        films[number] = RankedFilm(place, explained, reasons)
    return Ranking(films)


@given(candidates(), st.none() | rankings(), st.integers(1, 50))
def test_weights_never_sum_to_more_than_they_explain(films, ranking, limit):
    picks = choose(films, ranking, limit, "en")
    assert len(picks) == min(limit, len(films))
    assert len({pick.movie.id for pick in picks}) == len(picks)
    assert [pick.score for pick in picks] == sorted((p.score for p in picks), reverse=True)
    for pick in picks:
        assert 0 <= sum(reason.weight for reason in pick.reasons) <= pick.explained + 1e-9
        assert pick.explained <= 1
        assert all(reason.text for reason in pick.reasons)


@given(candidates().filter(bool), st.none() | rankings(), st.sampled_from(["people", "friends"]))
def test_what_was_chosen_never_lowers_a_film(films, ranking, what):
    plain = Candidate(movie(99), 1.0)
    chosen = {"people": [PERSON]} if what == "people" else {"friends": [(FRIEND, 8)]}
    boosted = Candidate(movie(99), 1.0, **chosen)

    def place(film):
        picks = choose([*films, film], ranking, 100, "en")
        return [pick.movie.id for pick in picks].index(99)

    assert place(boosted) <= place(plain)


@given(st.permutations(range(12)))
def test_without_anything_chosen_the_ranking_is_kept(order):
    ranking = Ranking({n: RankedFilm(place, 0.0, []) for place, n in enumerate(order)})
    films = [Candidate(movie(number), 1e6 * number) for number in range(12)]
    assert [pick.movie.id for pick in choose(films, ranking, 12, "en")] == list(order)
    assert choose(films, ranking, 1, "en")[0].score == 1.0
    assert len(ranking.films) <= RANKED
