"""Genres and their names in every language. Owns `genres`; told inside films' events."""
