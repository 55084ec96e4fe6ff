"""Avatars: uploaded and drawn anew, or drawn from a member's initials.

Owns `discarded_avatars`: pictures that nobody may show any more, until the next sweep.
"""
