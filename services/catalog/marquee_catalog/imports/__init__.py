"""Imports: whole data sets, read in a stream and told to the other contexts in bulk.

Owns `import_rejections` and `import_chunks`. Publishes `catalog.import.members_found`,
`.ratings_found`, `.finished`, and the events of the films it brings.
"""
