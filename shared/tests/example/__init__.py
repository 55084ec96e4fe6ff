"""A small service, whole, that the shared library's tests stand on: notes with a title."""
