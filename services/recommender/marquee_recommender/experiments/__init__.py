"""Experiments: two or more ways of ranking, each for a part of the members, compared by outcome.

Owns `experiments`, `experiment_exposures`, `experiment_opt_outs` and `experiment_watches`.
Consumes `social.watch.progressed` of exposed members; publishes `recommender.experiment.changed`,
by which every API process learns what runs.
"""
