"""Who sees what of whom: one rule for every surface, and each member's own settings.

Owns privacy settings. Publishes `social.privacy.set`. Everything that shows one member's data to
another asks `rule`, in SQL or in Python.
"""
