"""Identity: who members are, how they prove it, and what every other part may believe of them.

Owns users, sessions, signing keys and opaque tokens. Publishes `identity.user.*` and
`identity.session.revoked`; consumes `catalog.import.members_found`.
"""
