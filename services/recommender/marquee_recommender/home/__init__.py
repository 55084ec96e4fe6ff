"""A member's home: rows of films in one answer, no film twice.

Owns no table. All rows are cut from one ranking, one chart and the member's surroundings.
"""
