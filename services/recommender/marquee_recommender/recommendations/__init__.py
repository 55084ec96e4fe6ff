"""Answers for members: what to watch, what is like it, and why.

Owns no table. Everything is computed at request time from the active model, the member's
current interactions and the catalog in memory.
"""
