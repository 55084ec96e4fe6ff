"""Accounts: signing up, and proving that an e-mail address is one's own.

Owns `codes`. Publishes `identity.user.created` and `identity.user.updated`.
"""
