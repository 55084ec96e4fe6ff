"""Exports: what the recommender knows, streamed as files for other tools.

Owns no table. Rows travel as Arrow batches from where they are to the format asked for, one
batch at a time, so an export takes the same memory however long it is.
"""
