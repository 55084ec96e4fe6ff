"""Nightly: averages that an event failed to bring, and how popular films are now.

Owns `movie_popularity`. What it changes is told as any other change of a film.
"""
