"""What of a member's own has changed since they last asked, for clients that keep a copy.

Owns `member_changes`: for each thing of a member's the transaction that changed it last, written
by triggers (`capture`) on the tables named in `sources`. Publishes and consumes nothing.
"""
