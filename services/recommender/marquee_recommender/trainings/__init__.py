"""Trainings: asked for, started by themselves, run in a process of their own.

Owns the jobs of kind `training` and `training_state`. A training's process reads files, writes an
artifact and says how far it is; whatever kills it, no half model is left.
"""
