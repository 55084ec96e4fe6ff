"""What tests of imports and exports share: a catalog, an archive, what is of a member."""

import io
import zipfile

from marquee_shared.problems import Unavailable

URL = "/v1/me/imports"
CSV = "Const,Your Rating,Date Rated,Title,Year\n"
"""The head of IMDb's ratings."""


class Films:
    """Answers as the catalog's `/internal/matches` does, about films by slug, title and IMDb id."""

    def __init__(self):
        self.films = []
        self.asked = []
        self.reachable = True
        self.answer = None

    def add(self, number, title, year, **ids):
        slug = f"film-{number}"
        film = {"id": number, "slug": slug, "title": title, "year": year, "cover_url": None}
        self.films.append(({**film, "genres": []}, ids))

    def _candidates(self, row):
        found = []
        for film, ids in self.films:
            by_id = any(ids.get(name) == row.get(name) for name in ids)
            same = (row.get("title") or "").casefold() == film["title"].casefold()
            if by_id or row.get("slug") == film["slug"] or row.get("id") == film["id"]:
                confidence = 1.0
            elif same and row.get("year") == film["year"]:
                confidence = 0.95
            elif same and abs((row.get("year") or film["year"]) - film["year"]) < 2:
                confidence = 0.7
            else:
                continue
            found.append({"movie": film, "external_ids": ids, "confidence": confidence})
        return sorted(found, key=lambda candidate: -candidate["confidence"])[:5]

    async def json(self, method, path, *, body=None, **_options):
        if not self.reachable:
            raise Unavailable
        assert (method, path) == ("POST", "/internal/matches")
        self.asked.append(body["rows"])
        if self.answer is not None:
            return 200, self.answer
        return 200, {"items": [{"candidates": self._candidates(row)} for row in body["rows"]]}

    async def close(self):
        pass

    def add_all(self):
        """Have three films that are easily told apart, and two that are not."""
        self.add(1, "Heat", 1995, imdb="tt0113277", tmdb="949", movielens="6")
        self.add(2, "Alien", 1979, imdb="tt0078748", tmdb="348", movielens="1214")
        self.add(3, "Amélie", 2001, imdb="tt0211915", tmdb="194", movielens="4973")
        self.add(4, "Hamlet", 2000)
        self.add(5, "Hamlet", 2000)


def archive(**files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in files.items():
            written.writestr(name, content)
    return packed.getvalue()


LETTERBOXD = {
    "ratings.csv": "Date,Name,Year,Letterboxd URI,Rating\n"
    "2020-05-01,Heat,1995,https://boxd.it/a,4.5\n"
    "2020-05-02,Alien,1979,https://boxd.it/b,5\n"
    "2020-05-03,Hamlet,2000,https://boxd.it/c,3\n"
    "2020-05-03,No Such Film,1900,https://boxd.it/d,3\n"
    "2020-05-04,Amélie,2001,https://boxd.it/e,7\n",
    "watched.csv": "Date,Name,Year,Letterboxd URI\n"
    "2020-05-01,Heat,1995,https://boxd.it/a\n2020-05-02,Alien,1979,https://boxd.it/b\n",
    "likes/films.csv": "Date,Name,Year,Letterboxd URI\n2020-05-02,Alien,1979,https://boxd.it/b\n",
    "watchlist.csv": "Date,Name,Year,Letterboxd URI\n2020-05-09,Amélie,2001,https://boxd.it/e\n",
    "reviews.csv": "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Review,Tags,Watched Date\n"
    '2020-06-01,Heat,1995,https://boxd.it/zzz,4.5,,"Long, and good\nto the end",,2020-05-01\n',
    "diary.csv": "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
    "2020-06-01,Heat,1995,https://boxd.it/yyy,4.5,,,2020-05-01\n",
}


async def rows_of(member, import_id, query=""):
    return (await member.get(f"{URL}/{import_id}/rows{query}")).json()["items"]


async def state_of(member):
    """Return all that an import can change of a member's."""
    found = {}
    for path in ("ratings", "signals", "watchlist"):
        answer = await member.get(f"/v1/me/{path}")
        found[path] = answer.json()["items"]
    found["reviews"] = (await member.get(f"/v1/users/{member.username}/reviews")).json()["items"]
    return found
