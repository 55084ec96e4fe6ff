"""A replica of identity's members: what a card needs, and who has been erased.

Owns nothing. Consumes `identity.user.created/updated/deleted`.
"""
