"""OAuth applications: what members register so that others may let it act in their name.

Owns `applications`. They are public clients (RFC 8252): they have no secret, and prove by PKCE
that who spends a code is who asked for it.
"""
