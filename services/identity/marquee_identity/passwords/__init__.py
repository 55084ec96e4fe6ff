"""Passwords: which are accepted, how they are hashed, changed, and reset by a mailed code."""
