"""Everything one member has rated and signalled, for a recommendation that cannot wait for events.

Owns nothing; reads ratings and signals in one statement.
"""
