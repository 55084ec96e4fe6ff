"""Labels of channels, such as an audience or a season. Owns `groups`."""
