"""`make demo`: members at the door of a running system, scene by scene."""
