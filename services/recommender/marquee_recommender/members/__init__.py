"""Members by name, so that the data team can ask by username.

Owns the replica of identity's members. Consumes `identity.user.created`, `.updated` and
`.deleted`; publishes nothing.
"""
