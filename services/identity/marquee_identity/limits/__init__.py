"""Limits on guessing: attempts counted in Redis, with delays that grow."""
