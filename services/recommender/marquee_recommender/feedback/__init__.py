"""What members were shown and clicked, as their clients tell it.

Owns `recommendation_events`; publishes nothing. What is older than `KEPT` is forgotten nightly.
"""
