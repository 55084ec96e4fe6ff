"""Opaque tokens: long-lived, scoped, asked after by introspection.

Owns `opaque_tokens`. Service tokens belong to a team and are made by command; a member's own
carry their member's identity.
"""
