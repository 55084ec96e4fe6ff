"""Evaluations on demand: how good a model's settings are on a held-out part of the data.

Owns no table: an evaluation is a job of kind `evaluation`.
"""
