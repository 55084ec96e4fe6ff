"""Filling lists: which films a member would want in one, and why.

Owns nothing: what a fill brings are rows of `list_movies` that carry its number. Asks the
recommender for its ranking, and the catalog about genres and people no film here has.
"""
