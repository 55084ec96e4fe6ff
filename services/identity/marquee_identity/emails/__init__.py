"""Changing one's e-mail address: it takes effect when the code sent to the new one is given.

Publishes `identity.user.updated`. The old address is told.
"""
