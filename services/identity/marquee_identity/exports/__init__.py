"""Exports: everything the platform holds of a member, from every service, as one archive.

Owns `exports`; the work is a job. Asks every service for its datasets with a token made for that
member and nothing else. An archive is stored, downloaded by its member alone, and goes after a
week.
"""
