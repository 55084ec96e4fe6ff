"""OAuth 2.0 for applications (RFC 6749 as RFC 9700 narrows it): codes with PKCE, device codes.

Owns `authorizations`: what is under way between an application and a member. What comes of one
is a session with scopes (`sessions`), with all that sessions have: rotation, reuse, revocation.
"""
