"""Answers kept at the edge: memory, then Redis; let go by tag.

The promise: once a purge has been told, no answer whose fetch began before it is kept or given
to anyone who asks after it. `purges` keeps that for one process, `shared` for all of them.
"""
