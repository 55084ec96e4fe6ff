"""What editing needs: who changed what, former slugs, tombstones, translations, film counts.

The second text-search column holds synopses, apart from `words`: a prefix of one letter would
otherwise have to be looked up among every word of every synopsis.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

NAMED = ("genres", "platforms", "awards", "tags")
LINKS = {
    "genres": "SELECT DISTINCT genre_id AS id, movie_id FROM movie_genres",
    "platforms": "SELECT DISTINCT platform_id AS id, movie_id FROM movie_platforms",
    "awards": "SELECT DISTINCT award_id AS id, movie_id FROM movie_awards",
    "tags": "SELECT DISTINCT tag_id AS id, movie_id FROM movie_tags",
}

TABLES = """
CREATE TABLE audit_entries (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_audit_entries PRIMARY KEY,
    kind text NOT NULL,
    subject_id bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    actor_id uuid,
    actor text,
    action text NOT NULL,
    revision bigint NOT NULL,
    changes jsonb NOT NULL
);
CREATE INDEX ix_audit_entries_subject ON audit_entries (kind, subject_id, id);
CREATE INDEX ix_audit_entries_actor_id ON audit_entries (actor_id);

CREATE TABLE former_slugs (
    kind text NOT NULL,
    slug text NOT NULL,
    target_id bigint NOT NULL,
    CONSTRAINT pk_former_slugs PRIMARY KEY (kind, slug)
);
CREATE INDEX ix_former_slugs_target ON former_slugs (kind, target_id);

CREATE TABLE tombstones (
    kind text NOT NULL,
    id bigint NOT NULL,
    slug text NOT NULL,
    revision bigint NOT NULL,
    CONSTRAINT pk_tombstones PRIMARY KEY (kind, id)
);

CREATE TABLE person_translations (
    person_id bigint NOT NULL
        CONSTRAINT fk_person_translations_person_id REFERENCES people ON DELETE CASCADE,
    language text NOT NULL
        CONSTRAINT ck_person_translations_language CHECK (language ~ '^[a-z]{2,3}$'),
    biography text NOT NULL,
    CONSTRAINT pk_person_translations PRIMARY KEY (person_id, language)
);

CREATE TABLE tag_translations (
    tag_id bigint NOT NULL
        CONSTRAINT fk_tag_translations_tag_id REFERENCES tags ON DELETE CASCADE,
    language text NOT NULL
        CONSTRAINT ck_tag_translations_language CHECK (language ~ '^[a-z]{2,3}$'),
    name text NOT NULL,
    words text[] NOT NULL DEFAULT '{}',
    CONSTRAINT pk_tag_translations PRIMARY KEY (tag_id, language)
);

CREATE TABLE person_awards (
    person_id bigint NOT NULL
        CONSTRAINT fk_person_awards_person_id REFERENCES people ON DELETE CASCADE,
    award_id bigint NOT NULL
        CONSTRAINT fk_person_awards_award_id REFERENCES awards ON DELETE CASCADE,
    category text NOT NULL,
    year integer NOT NULL CONSTRAINT ck_person_awards_year CHECK (year BETWEEN 1900 AND 2200),
    won boolean NOT NULL,
    CONSTRAINT pk_person_awards PRIMARY KEY (person_id, award_id, category, year, won)
);
CREATE INDEX ix_person_awards_award_id ON person_awards (award_id, person_id);

ALTER TABLE movies
    ADD COLUMN edited text[] NOT NULL DEFAULT '{}',
    ADD COLUMN merged_into bigint CONSTRAINT fk_movies_merged_into REFERENCES movies
        ON DELETE SET NULL,
    ADD COLUMN all_words tsvector NOT NULL DEFAULT '',
    ADD COLUMN first_key text COLLATE "C" GENERATED ALWAYS AS (own_title_keys[1]) STORED;
CREATE INDEX ix_movies_merged_into ON movies (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX ix_movies_all_words ON movies USING gin (all_words);
CREATE INDEX ix_movies_first_key ON movies (first_key) WHERE deleted_at IS NULL;
ALTER TABLE people
    ADD COLUMN edited text[] NOT NULL DEFAULT '{}',
    ADD COLUMN merged_into bigint CONSTRAINT fk_people_merged_into REFERENCES people
        ON DELETE SET NULL;
CREATE INDEX ix_people_slug ON people (slug);
CREATE INDEX ix_people_film_count ON people (film_count, id) WHERE deleted_at IS NULL;
CREATE INDEX ix_people_merged_into ON people (merged_into) WHERE merged_into IS NOT NULL;
UPDATE movies SET all_words = words;
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    for table in NAMED:
        op.execute(f"ALTER TABLE {table} ADD COLUMN film_count integer NOT NULL DEFAULT 0")
        op.execute(f"CREATE INDEX ix_{table}_slug ON {table} (slug)")
        op.execute(
            f"CREATE INDEX ix_{table}_film_count ON {table} (film_count, id) "
            "WHERE deleted_at IS NULL"
        )
        op.execute(
            f"UPDATE {table} AS t SET film_count = counted.films FROM ("  # noqa: S608 - our own names
            f"SELECT l.id, count(*) AS films FROM ({LINKS[table]}) AS l "
            "JOIN movies AS m ON m.id = l.movie_id AND m.deleted_at IS NULL GROUP BY l.id"
            ") AS counted WHERE counted.id = t.id"
        )
