"""What members did with films: the replica that is folded in and trained on.

Consumes `social.rating.*` and `social.signal.*` (set, removed, bulk_set); publishes nothing. A
read that must reflect an event which has not arrived asks social itself (`social`).
"""
