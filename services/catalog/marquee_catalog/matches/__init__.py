"""Finds the films that rows from elsewhere mean: by ids, by titles in any language.

Owns nothing. For the other services only; how sure a match must be is theirs to say.
"""
