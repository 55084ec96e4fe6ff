"""Members' reviews of films: one live one per member and film, with its earlier versions.

Owns reviews and their versions. Publishes `social.review.created/updated/deleted`. A review
that is deleted takes its comments and all reactions with it.
"""
