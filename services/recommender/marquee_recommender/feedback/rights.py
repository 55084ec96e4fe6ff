"""A member's right to what their clients told."""

from marquee_shared.rights import plain_dataset

FEEDBACK = plain_dataset(
    "recommendation_events",
    export="SELECT r.type, r.movie_id, m.slug AS movie, r.request_id, r.position, r.at "
    "FROM recommendation_events r LEFT JOIN movies m ON m.id = r.movie_id "
    "WHERE r.user_id = :user_id ORDER BY r.at, r.request_id, r.movie_id, r.type",
    erase="DELETE FROM recommendation_events WHERE user_id = :user_id RETURNING 1",
)
