"""What films are about, as vectors in PostgreSQL: owns `encoders`, `movie_embeddings`, the queue.

Consumes nothing itself: the films' handlers queue what has changed, and a job embeds it.
"""
