"""People of films: directors, writers, actors. Owns `people`; told inside films' events."""
