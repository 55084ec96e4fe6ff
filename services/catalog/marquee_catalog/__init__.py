"""The catalog: films, people, genres, how they are found, and how they come in."""
