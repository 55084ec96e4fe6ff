"""Signing in by an OpenID Connect provider: Google, or any other by configuration.

Owns `linked_identities`, and in Redis the sign-ins under way.
"""
