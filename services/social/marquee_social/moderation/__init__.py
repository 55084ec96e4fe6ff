"""Reports of what members wrote, the moderators' queue, their decisions and appeals.

Owns reports and the moderation log, and decides `hidden_at` of content and `suspended_until` of
members. Publishes `social.member.suspended/restored`, and `social.review.updated` for a review
that is hidden or shown again.
"""
