"""What films are sorted by: genres, platforms, awards and tags, by one set of rules.

Writes `genres`, `platforms`, `awards`, `tags`; publishes `catalog.<kind>.updated` and `.deleted`.
A changed term's films are told anew by the job `retell`.
"""
