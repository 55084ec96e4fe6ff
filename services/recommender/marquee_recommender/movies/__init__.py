"""The films as the recommender needs them.

Owns a replica of the catalog's films (`repository`) and, in each API process, the compact copy of
it that requests are answered from (`catalog`). Consumes `catalog.movie.created`, `.updated` and
`.deleted`; publishes nothing.
"""
