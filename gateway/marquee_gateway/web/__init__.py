"""The web pages at `/`: a client of the public API like any other, only in the same process."""
