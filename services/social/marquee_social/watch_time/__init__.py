"""Watch time: what members' players report, made into seconds really watched.

Owns `watch_sessions` and what is summed up from them: `watched_movies` (member and film),
`watch_days` and `watchers` (member), `movie_watch_totals` (film). Takes batches of player events
straight into the stream of `social.watch_batch.received`, consumes them, and publishes
`social.watch.progressed`. Figures depend only on which events arrived, never on their order.
"""
