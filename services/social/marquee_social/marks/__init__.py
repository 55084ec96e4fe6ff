"""What ratings and signals have in common: the one thing a member says of a film.

A mark is one row per member and film. Taken back, it stays as a tombstone (its value is null),
so that its revision goes on. The module owns no table; `ratings` and `signals` each declare
their `MarkStatements` and their `Marks`.
"""
