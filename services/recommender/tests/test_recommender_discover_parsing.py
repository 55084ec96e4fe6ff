"""Utterances and what must be understood of them, all of it and nothing else."""

from typing import Any

import pytest

from marquee_recommender.discover.names import Names, read_names
from marquee_recommender.discover.parsing import parse
from marquee_recommender.movies.catalog import Catalog
from marquee_shared.events.catalog import Credit, MovieUpdated, NamedRef, TagCount

YEAR = 2026


def movie(number: int, slug: str, title: str, **values: Any) -> MovieUpdated:
    people = [
        Credit(id=abs(hash(name)) % 10**6, slug="-".join(name.lower().split()), name=name, job=job)
        for name, job in values.pop("people", {}).items()
    ]
    return MovieUpdated(id=number, slug=slug, title=title, credits=people, **values)


@pytest.fixture(scope="module")
def names() -> Names:
    catalog = Catalog()
    genres = [NamedRef(id=1, slug="sci-fi", name="Science Fiction")]
    platforms = [
        NamedRef(id=1, slug="netflix", name="Netflix"),
        NamedRef(id=2, slug="prime-video", name="Prime Video"),
    ]
    tags = [TagCount(id=1, slug="road-trip", name="road trip")]
    films = [
        movie(1, "alien", "Alien", genres=genres, platforms=platforms, tags=tags),
        movie(2, "the-matrix", "The Matrix", titles={"es": "Matrix"}),
        movie(
            3,
            "amelie",
            "Amélie",
            titles={"fr": "Le Fabuleux Destin d'Amélie Poulain"},
            people={"Audrey Tautou": "actor"},
        ),
        movie(4, "good-bye-lenin", "Good Bye Lenin!", people={"Daniel Brühl": "actor"}),
        movie(
            5,
            "inception",
            "Inception",
            titles={"es": "Origen"},
            people={"Christopher Nolan": "director"},
        ),
        movie(6, "pulp-fiction", "Pulp Fiction", people={"Quentin Tarantino": "director"}),
        movie(
            7, "volver", "Volver", people={"Pedro Almodovar": "director", "Penelope Cruz": "actor"}
        ),
        movie(
            8, "the-lives-of-others", "The Lives of Others", titles={"de": "Das Leben der Anderen"}
        ),
        movie(9, "it", "It"),
        movie(10, "something", "Something"),
        movie(11, "blade-runner-2049", "Blade Runner 2049"),
        movie(12, "comedy", "Comedy"),
        movie(14, "the-godfather", "Godfather, The"),
        movie(13, "cast-away", "Cast Away", people={"Tom Hanks": "actor"}),
    ]
    for film in films:
        catalog.put(film, (1, 1))
    return read_names(catalog)


ENGLISH: list[tuple[str, dict[str, Any]]] = [
    (
        "feel-good sci-fi from the 90s",
        {"tags": ["feel-good"], "genres": ["sci-fi"], "year_from": 1990, "year_to": 1999},
    ),
    ("like Alien but funny", {"like": ["alien"], "genres": ["comedy"]}),
    ("something short with my friends tonight", {"max_runtime": 100, "with_friends": True}),
    ("scary movies before 1980", {"genres": ["horror"], "year_to": 1979}),
    ("a romantic comedy on Netflix", {"genres": ["romance", "comedy"], "platforms": ["netflix"]}),
    ("thrillers under 2 hours", {"genres": ["thriller"], "max_runtime": 120}),
    ("movies by Tarantino", {"people": ["quentin-tarantino"]}),
    ("anything with Tom Hanks from 2000", {
        "people": ["tom-hanks"], "year_from": 2000, "year_to": 2000}),
    ("westerns since 1990", {"genres": ["western"], "year_from": 1990}),
    ("westerns after 1990", {"genres": ["western"], "year_from": 1991}),
    ("a war movie between 1960 and 1979", {
        "genres": ["war"], "year_from": 1960, "year_to": 1979}),
    ("documentaries, nothing too long, 90 minutes max", {
        "genres": ["documentary"], "max_runtime": 90}),
    ("something like The Matrix or Inception", {"like": ["the-matrix", "inception"]}),
    ("action but no horror", {"genres": ["action"], "without_genres": ["horror"]}),
    ("I would like something funny", {"genres": ["comedy"]}),
    ("I'd like it scary", {"genres": ["horror"]}),
    ("early 80s horror", {"genres": ["horror"], "year_from": 1980, "year_to": 1984}),
    ("late '70s crime movies", {"genres": ["crime"], "year_from": 1975, "year_to": 1979}),
    ("dramas from the 80s and 90s", {"genres": ["drama"], "year_from": 1980, "year_to": 1999}),
    ("a recent animated movie for kids", {
        "genres": ["animation", "children"], "year_from": 2021}),
    ("based on a true story with a plot twist", {
        "tags": ["based-on-a-true-story", "twist-ending"]}),
    ("an old film noir", {"genres": ["film-noir"], "year_to": 1979}),
    ("nineties time travel", {"tags": ["time-travel"], "year_from": 1990, "year_to": 1999}),
    ("road trip movies less than 1h45", {"tags": ["road-trip"], "max_runtime": 105}),
    ("more than 2 hours of fantasy", {"genres": ["fantasy"]}),
    ("an hour and a half of comedy", {"genres": ["comedy"], "max_runtime": 90}),
    ("like The Godfather", {"like": ["the-godfather"]}),
    ("similar to blade runner 2049", {"like": ["blade-runner-2049"]}),
]  # fmt: skip

SPANISH: list[tuple[str, dict[str, Any]]] = [
    ("una comedia romántica de los años 90", {
        "genres": ["comedy", "romance"], "year_from": 1990, "year_to": 1999}),
    ("ciencia ficción en Netflix", {"genres": ["sci-fi"], "platforms": ["netflix"]}),
    ("algo como Alien pero divertida", {"like": ["alien"], "genres": ["comedy"]}),
    ("algo corto con mis amigos esta noche", {"max_runtime": 100, "with_friends": True}),
    ("películas de terror antes de 1980", {"genres": ["horror"], "year_to": 1979}),
    ("películas de Almodóvar", {"people": ["pedro-almodovar"]}),
    ("algo con Penélope Cruz", {"people": ["penelope-cruz"]}),
    ("una película de guerra", {"genres": ["war"]}),
    ("dibujos animados para niños", {"genres": ["animation", "children"]}),
    ("un thriller de menos de 2 horas", {"genres": ["thriller"], "max_runtime": 120}),
    ("parecida a Origen", {"like": ["inception"]}),
    ("basada en hechos reales", {"tags": ["based-on-a-true-story"]}),
    ("algo triste desde 2010", {"tags": ["sad"], "year_from": 2010}),
    ("acción sin terror", {"genres": ["action"], "without_genres": ["horror"]}),
    ("cine negro de los años cuarenta", {
        "genres": ["film-noir"], "year_from": 1940, "year_to": 1949}),
    ("una película de miedo de 90 minutos", {"genres": ["horror"], "max_runtime": 90}),
    ("aventuras entre 1985 y 1995", {
        "genres": ["adventure"], "year_from": 1985, "year_to": 1995}),
    ("un documental reciente", {"genres": ["documentary"], "year_from": 2021}),
    ("películas del oeste clásicas", {"genres": ["western"], "year_to": 1979}),
    ("una historia de amor que me haga llorar", {"genres": ["romance"], "tags": ["sad"]}),
    ("viajes en el tiempo", {"tags": ["time-travel"]}),
    ("una comedia de hora y media, una hora y media como mucho", {
        "genres": ["comedy"], "max_runtime": 90}),
    ("finales de los 80, crimen", {"genres": ["crime"], "year_from": 1985, "year_to": 1989}),
]  # fmt: skip

FRENCH: list[tuple[str, dict[str, Any]]] = [
    ("une comédie romantique des années 90", {
        "genres": ["comedy", "romance"], "year_from": 1990, "year_to": 1999}),
    ("un film comme Alien mais drôle", {"like": ["alien"], "genres": ["comedy"]}),
    ("quelque chose de court avec mes amis ce soir", {"max_runtime": 100, "with_friends": True}),
    ("de la science-fiction sur Netflix", {"genres": ["sci-fi"], "platforms": ["netflix"]}),
    ("des films d'horreur avant 1980", {"genres": ["horror"], "year_to": 1979}),
    ("un film avec Audrey Tautou", {"people": ["audrey-tautou"]}),
    ("un film de Nolan", {"people": ["christopher-nolan"]}),
    ("un film de guerre", {"genres": ["war"]}),
    ("un dessin animé pour enfants", {"genres": ["animation", "children"]}),
    ("un thriller de moins de 2 heures", {"genres": ["thriller"], "max_runtime": 120}),
    ("semblable à Amélie", {"like": ["amelie"]}),
    ("dans le genre de Le Fabuleux Destin d'Amélie Poulain", {"like": ["amelie"]}),
    ("un film d'action sans horreur", {"genres": ["action"], "without_genres": ["horror"]}),
    ("tiré d'une histoire vraie", {"tags": ["based-on-a-true-story"]}),
    ("un film triste depuis 2010", {"tags": ["sad"], "year_from": 2010}),
    ("un polar des années soixante-dix", {
        "genres": ["crime"], "year_from": 1970, "year_to": 1979}),
    ("une comédie musicale", {"genres": ["musical"]}),
    ("un western classique", {"genres": ["western"], "year_to": 1979}),
    ("un documentaire récent", {"genres": ["documentary"], "year_from": 2021}),
    ("un film qui fait du bien, 1h30", {"tags": ["feel-good"], "max_runtime": 90}),
    ("une histoire d'amour entre 1985 et 1995", {
        "genres": ["romance"], "year_from": 1985, "year_to": 1995}),
    ("début des années 80, fantastique", {
        "genres": ["fantasy"], "year_from": 1980, "year_to": 1984}),
    ("un film qui fait peur, pas trop long", {"genres": ["horror"], "max_runtime": 100}),
]  # fmt: skip

GERMAN: list[tuple[str, dict[str, Any]]] = [
    ("eine romantische Komödie aus den 90ern", {
        "genres": ["romance", "comedy"], "year_from": 1990, "year_to": 1999}),
    ("so was wie Alien, aber lustig", {"like": ["alien"], "genres": ["comedy"]}),
    ("etwas Kurzes mit meinen Freunden heute Abend", {"max_runtime": 100, "with_friends": True}),
    ("Science-Fiction auf Netflix", {"genres": ["sci-fi"], "platforms": ["netflix"]}),
    ("Horrorfilme vor 1980", {"genres": ["horror"], "year_to": 1979}),
    ("Filme von Tarantino", {"people": ["quentin-tarantino"]}),
    ("etwas mit Daniel Brühl", {"people": ["daniel-brühl"]}),
    ("das war gut, jetzt ein Kriegsfilm", {"genres": ["war"]}),
    ("Zeichentrick für Kinder", {"genres": ["animation", "children"]}),
    ("ein Thriller unter 2 Stunden", {"genres": ["thriller"], "max_runtime": 120}),
    ("ähnlich wie Das Leben der Anderen", {"like": ["the-lives-of-others"]}),
    ("ein Actionfilm, aber kein Horror", {"genres": ["action"], "without_genres": ["horror"]}),
    ("nach einer wahren Geschichte", {"tags": ["based-on-a-true-story"]}),
    ("etwas Trauriges seit 2010", {"tags": ["sad"], "year_from": 2010}),
    ("Western aus den Siebzigern", {"genres": ["western"], "year_from": 1970, "year_to": 1979}),
    ("ein alter Krimi", {"genres": ["crime"], "year_to": 1979}),
    ("eine neue Doku", {"genres": ["documentary"], "year_from": 2021}),
    ("gute Laune, höchstens 90 Minuten", {"tags": ["feel-good"], "max_runtime": 90}),
    ("ein Liebesfilm zwischen 1985 und 1995", {
        "genres": ["romance"], "year_from": 1985, "year_to": 1995}),
    ("Anfang der 80er, Fantasy", {"genres": ["fantasy"], "year_from": 1980, "year_to": 1984}),
    ("anderthalb Stunden Spannendes", {"genres": ["thriller"], "max_runtime": 90}),
    ("Zeitreisen und Zombies", {"tags": ["time-travel", "zombies"]}),
    ("Abenteuer von 1990 bis 1999", {
        "genres": ["adventure"], "year_from": 1990, "year_to": 1999}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (language, text, expected)
        for language, utterances in (
            ("en", ENGLISH),
            ("es", SPANISH),
            ("fr", FRENCH),
            ("de", GERMAN),
        )
        for text, expected in utterances
    ],
)
def test_is_understood(names: Names, language: str, text: str, expected: dict[str, Any]) -> None:
    assert parse(text, names, language, YEAR).said == expected
    assert parse(text, names, "en", YEAR).said == expected, "whatever the caller's language"


def test_there_are_enough_utterances_of_each_language() -> None:
    assert all(len(told) >= 20 for told in (ENGLISH, SPANISH, FRENCH, GERMAN))


@pytest.mark.parametrize(
    ("text", "rest"),
    [("a movie about submarines and whales", ("submarines", "whales")), ("", ()), ("...", ())],
)
def test_what_is_not_understood_is_left_for_its_meaning(
    names: Names, text: str, rest: tuple[str, ...]
) -> None:
    parsed = parse(text, names, "en", YEAR)
    assert (parsed.said, parsed.rest) == ({}, rest)


@pytest.mark.parametrize(
    ("text", "more", "also", "afresh"),
    [
        ("more", True, False, False),
        ("mehr", True, False, False),
        ("otras", True, False, False),
        ("more than 2 hours", False, False, False),
        ("also something funny", False, True, False),
        ("start over", False, False, True),
        ("von vorne: Horror", False, False, True),
    ],
)
def test_what_a_text_says_about_the_conversation(
    names: Names, text: str, more: bool, also: bool, afresh: bool
) -> None:
    parsed = parse(text, names, "en", YEAR)
    assert (parsed.more, parsed.also, parsed.afresh) == (more, also, afresh)


@pytest.mark.parametrize(
    "text",
    [
        "9" * 5000,
        "a " * 5000,
        "\u0660\u0661 \u00b2\u00b3 1\u00b2h",
        "99999h 999min 12345",
        "like",
        "no",
        "\U0001f600 " * 50,
    ],
)
def test_odd_texts_are_read_in_little_work(names: Names, text: str) -> None:
    assert parse(text, names, "en", YEAR).said == {}
