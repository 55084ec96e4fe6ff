"""What members say of a film without rating it: like, dislike, not interested, seen.

Owns signals, one per member and film. Publishes `social.signal.set/removed/bulk_set`. Consumes
`identity.user.deleted` (erasure).
"""
