"""TMDB (The Movie Database), read over its API, version 3.

`client` asks it, no faster than allowed; `documents` reads what it says of a film; `listings`
notes which films to fetch; `fetching` brings them, some at a time, and notes what became of each.
"""

SOURCE = "tmdb"
