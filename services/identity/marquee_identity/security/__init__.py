"""Security events: what happened to an account that its member should know of.

Owns `security_events`. Each is mailed, and listed for a year.
"""
