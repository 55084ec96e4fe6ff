"""A replica of the catalog's films: what a card needs, and which slug is which film.

Owns nothing. Consumes `catalog.movie.created/updated/deleted`; asks the catalog about a slug
whose event has not arrived yet.
"""
