"""Members' ratings of films, exact in half steps, and what they add up to.

Owns ratings, the sharded counters that follow them in the same transaction, and each film's
published total. Publishes `social.rating.set/removed/bulk_set` and, coalesced from those,
`social.movie.ratings_changed`. Consumes `catalog.import.ratings_found`, its own rating events,
and `identity.user.deleted` (erasure).
"""
