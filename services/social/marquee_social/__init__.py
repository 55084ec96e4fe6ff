"""What members do around films: ratings now; reviews, friends, lists and watch time to come.

Owns ratings and what they add up to. Publishes `social.rating.*` and
`social.movie.ratings_changed`. Consumes the catalog's films and imports, identity's members,
and its own rating events.
"""
