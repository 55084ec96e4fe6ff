"""What was: who changed what, the slugs that things had before, and what is gone for good.

Owns `audit_entries`, `former_slugs` and `tombstones`; publishes nothing of its own.
"""
