"""Films with their credits, tags, platforms, awards and foreign ids.

Owns `movies` and the tables that hang on it. Publishes `catalog.movie.created`, `.updated`,
`.deleted` (whole films) and `.rating_changed`; consumes `social.movie.ratings_changed`.
"""
