"""A member's figures: what they watched and rated, when, of which kind; a year in review.

Owns nothing; reads ratings, watch time and the replica of films.
"""
