"""What members have done that their friends may read of: the feed.

Owns `activities`, one row for each thing done, written by triggers (`record`). Read by fan-out:
the newest of each friend, then the newest of those. Publishes and consumes nothing.
"""
