"""Suspensions: members whose access moderators have taken away, for a time or until restored.

Owns `suspensions`. Consumes `social.member.suspended` and `social.member.restored`; a suspension
ends the member's sessions, told as `identity.session.revoked`.
"""
