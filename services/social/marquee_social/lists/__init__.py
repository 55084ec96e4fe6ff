"""Members' lists of films, in an order, with notes; the watchlist is one that everybody has.

Owns lists and what stands in them. Whoever changes a list first locks its row, so positions,
fills and revisions never cross. Consumes `identity.user.deleted` (erasure).
"""
