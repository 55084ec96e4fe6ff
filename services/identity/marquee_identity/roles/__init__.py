"""Roles: member, moderator, editor, administrator; given by administrators, carried in tokens.

Publishes `identity.user.roles_changed`.
"""
