"""The data team's questions: many members or films at once, also for profiles given in the body.

Owns no table; every route needs the scope `recommender`.
"""
