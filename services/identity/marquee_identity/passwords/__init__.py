"""Passwords: which ones are accepted, and how they are hashed without holding anything up."""
