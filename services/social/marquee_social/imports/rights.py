"""A member's right to their imports."""

from marquee_shared.rights import plain_dataset

IMPORTS = plain_dataset(
    "imports",
    export="SELECT i.source, i.file_name, i.created_at, i.committed_at, i.undone_at, r.line, "
    "r.title, r.year, r.brings, r.state, r.movie_id "
    "FROM member_imports i JOIN member_import_rows r ON r.import_id = i.id "
    "WHERE i.user_id = :user_id ORDER BY i.id, r.line",
    erase="DELETE FROM member_imports WHERE user_id = :user_id RETURNING id",
)
