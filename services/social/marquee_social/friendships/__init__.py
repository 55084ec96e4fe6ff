"""What members are to each other: asked, friends, blocked, muted.

Owns one row per pair of members, so that whatever two of them do at once is put in order by its
lock, and mutes, which are nobody else's business. Publishes `social.friendship.set/removed/
bulk_set` and `social.block.set/removed/bulk_set`. Consumes `identity.user.deleted` (erasure).
"""
