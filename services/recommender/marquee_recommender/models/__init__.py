"""The model registry: which models exist, which one ranks, and holding it in memory.

Owns `models` and the artifacts under `DATA_DIR/models/<version>/`. Publishes (and follows)
`recommender.model.activated`.
"""
