"""What members did with films: the replica that is folded in and trained on.

Consumes `social.rating.set`, `.removed` and `.bulk_set`; publishes nothing. A read that must
reflect an event which has not arrived asks social itself (`social`).
"""
