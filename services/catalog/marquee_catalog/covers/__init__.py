"""Pictures: uploaded covers and portraits in a few sizes, and drawn covers for films without one.

Owns the files below `pictures/` of the store, and who points at them: `movies.cover_url`,
`movie_translations.cover_url`, `people.portrait_url`. A new one is told as
`catalog.movie.updated` or `catalog.person.updated`; what nothing shows any more goes after a week.
"""
