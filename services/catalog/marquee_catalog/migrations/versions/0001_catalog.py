"""Films, people, genres, what joins them, the search dictionary and what imports remember."""

from alembic import op

from marquee_shared.migrations import create_shared_tables

revision = "0001"
down_revision = None

KEPT = """
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
"""


def named(table: str, more: str = "") -> str:
    """Return the table of a named thing whose slug is unique among the live."""
    return f"""
CREATE TABLE {table} (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_{table} PRIMARY KEY,
    slug text NOT NULL CONSTRAINT ck_{table}_slug CHECK (slug <> ''),
    name text NOT NULL CONSTRAINT ck_{table}_name CHECK (name <> ''),
    {more}{KEPT}
);
CREATE UNIQUE INDEX uq_{table}_slug_live ON {table} (slug) WHERE deleted_at IS NULL;
"""


TABLES = f"""
{named("genres")}
{named("platforms")}
{named("awards")}
{named("tags", "words text[] NOT NULL,")}
{
    named(
        "people",
        '''folded_name text COLLATE "C" NOT NULL,
    words text[] NOT NULL,
    lexemes tsvector GENERATED ALWAYS AS (array_to_tsvector(words)) STORED,
    biography text,
    birthday date,
    deathday date,
    gender text,
    country text,
    portrait_url text,
    film_count integer NOT NULL DEFAULT 0,
    CONSTRAINT ck_people_life CHECK (deathday >= birthday),
    ''',
    )
}
CREATE INDEX ix_people_name ON people (folded_name, id) WHERE deleted_at IS NULL;
CREATE INDEX ix_people_lexemes ON people USING gin (lexemes);

CREATE TABLE genre_translations (
    genre_id bigint NOT NULL
        CONSTRAINT fk_genre_translations_genre_id REFERENCES genres ON DELETE CASCADE,
    language text NOT NULL
        CONSTRAINT ck_genre_translations_language CHECK (language ~ '^[a-z]{{2,3}}$'),
    name text NOT NULL,
    CONSTRAINT pk_genre_translations PRIMARY KEY (genre_id, language)
);

CREATE TABLE movies (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_movies PRIMARY KEY,
    slug text NOT NULL CONSTRAINT ck_movies_slug CHECK (slug <> ''),
    title text NOT NULL CONSTRAINT ck_movies_title CHECK (title <> ''),
    original_title text,
    alternative_titles text[] NOT NULL DEFAULT '{{}}',
    year integer CONSTRAINT ck_movies_year CHECK (year BETWEEN 1870 AND 2200),
    release_date date,
    released date GENERATED ALWAYS AS (coalesce(release_date, make_date(year, 1, 1))) STORED,
    status text NOT NULL DEFAULT 'released' CONSTRAINT ck_movies_status CHECK (status IN
        ('rumored', 'planned', 'in_production', 'post_production', 'released', 'cancelled')),
    synopsis text,
    tagline text,
    runtime integer CONSTRAINT ck_movies_runtime CHECK (runtime BETWEEN 1 AND 6000),
    original_language text,
    languages text[] NOT NULL DEFAULT '{{}}',
    countries text[] NOT NULL DEFAULT '{{}}',
    age_rating text,
    popularity double precision NOT NULL DEFAULT 0
        CONSTRAINT ck_movies_popularity CHECK (popularity >= 0),
    cover_url text,
    rating_average double precision
        CONSTRAINT ck_movies_rating_average CHECK (rating_average BETWEEN 0.5 AND 5),
    rating_count bigint NOT NULL DEFAULT 0
        CONSTRAINT ck_movies_rating_count CHECK (rating_count >= 0),
    rating_epoch bigint NOT NULL DEFAULT 0,
    rating_revision bigint NOT NULL DEFAULT 0,
    folded_title text COLLATE "C" NOT NULL,
    title_words text[] NOT NULL,
    own_title_keys text[] NOT NULL,
    title_keys text[] NOT NULL DEFAULT '{{}}',
    words tsvector NOT NULL DEFAULT '',
    {KEPT}
);
CREATE UNIQUE INDEX uq_movies_slug_live ON movies (slug) WHERE deleted_at IS NULL;
CREATE INDEX ix_movies_slug ON movies (slug);
CREATE INDEX ix_movies_popularity ON movies (popularity, id) WHERE deleted_at IS NULL;
CREATE INDEX ix_movies_rating ON movies (coalesce(rating_average, 0), rating_count, id)
    WHERE deleted_at IS NULL;
CREATE INDEX ix_movies_worst ON movies (coalesce(rating_average, 9), rating_count, id)
    WHERE deleted_at IS NULL;
CREATE INDEX ix_movies_newest ON movies (coalesce(released, date '0001-01-01'), id)
    WHERE deleted_at IS NULL;
CREATE INDEX ix_movies_oldest ON movies (coalesce(released, date '9999-12-31'), id)
    WHERE deleted_at IS NULL;
CREATE INDEX ix_movies_title ON movies (folded_title, id) WHERE deleted_at IS NULL;
CREATE INDEX ix_movies_year ON movies (year) WHERE deleted_at IS NULL;
CREATE INDEX ix_movies_countries ON movies USING gin (countries);
CREATE INDEX ix_movies_languages ON movies USING gin (languages);
CREATE INDEX ix_movies_title_keys ON movies USING gin (title_keys);
CREATE INDEX ix_movies_words ON movies USING gin (words);

CREATE TABLE movie_translations (
    movie_id bigint NOT NULL
        CONSTRAINT fk_movie_translations_movie_id REFERENCES movies ON DELETE CASCADE,
    language text NOT NULL
        CONSTRAINT ck_movie_translations_language CHECK (language ~ '^[a-z]{{2,3}}$'),
    title text,
    synopsis text,
    cover_url text,
    title_key text,
    title_words text[] NOT NULL DEFAULT '{{}}',
    CONSTRAINT pk_movie_translations PRIMARY KEY (movie_id, language)
);

CREATE TABLE movie_genres (
    movie_id bigint NOT NULL
        CONSTRAINT fk_movie_genres_movie_id REFERENCES movies ON DELETE CASCADE,
    genre_id bigint NOT NULL
        CONSTRAINT fk_movie_genres_genre_id REFERENCES genres ON DELETE CASCADE,
    position integer NOT NULL DEFAULT 0,
    CONSTRAINT pk_movie_genres PRIMARY KEY (movie_id, genre_id)
);
CREATE INDEX ix_movie_genres_genre_id ON movie_genres (genre_id, movie_id);

CREATE TABLE movie_tags (
    movie_id bigint NOT NULL
        CONSTRAINT fk_movie_tags_movie_id REFERENCES movies ON DELETE CASCADE,
    tag_id bigint NOT NULL
        CONSTRAINT fk_movie_tags_tag_id REFERENCES tags ON DELETE CASCADE,
    count integer NOT NULL DEFAULT 1 CONSTRAINT ck_movie_tags_count CHECK (count > 0),
    CONSTRAINT pk_movie_tags PRIMARY KEY (movie_id, tag_id)
);
CREATE INDEX ix_movie_tags_tag_id ON movie_tags (tag_id, movie_id);

CREATE TABLE movie_platforms (
    movie_id bigint NOT NULL
        CONSTRAINT fk_movie_platforms_movie_id REFERENCES movies ON DELETE CASCADE,
    platform_id bigint NOT NULL
        CONSTRAINT fk_movie_platforms_platform_id REFERENCES platforms ON DELETE CASCADE,
    country text NOT NULL CONSTRAINT ck_movie_platforms_country CHECK (country ~ '^[A-Z]{{2}}$'),
    CONSTRAINT pk_movie_platforms PRIMARY KEY (movie_id, platform_id, country)
);
CREATE INDEX ix_movie_platforms_platform_id ON movie_platforms (platform_id, movie_id);

CREATE TABLE movie_awards (
    movie_id bigint NOT NULL
        CONSTRAINT fk_movie_awards_movie_id REFERENCES movies ON DELETE CASCADE,
    award_id bigint NOT NULL
        CONSTRAINT fk_movie_awards_award_id REFERENCES awards ON DELETE CASCADE,
    category text NOT NULL,
    year integer NOT NULL CONSTRAINT ck_movie_awards_year CHECK (year BETWEEN 1900 AND 2200),
    won boolean NOT NULL,
    CONSTRAINT pk_movie_awards PRIMARY KEY (movie_id, award_id, category, year, won)
);
CREATE INDEX ix_movie_awards_award_id ON movie_awards (award_id, movie_id);

CREATE TABLE credits (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_credits PRIMARY KEY,
    movie_id bigint NOT NULL
        CONSTRAINT fk_credits_movie_id REFERENCES movies ON DELETE CASCADE,
    person_id bigint NOT NULL
        CONSTRAINT fk_credits_person_id REFERENCES people ON DELETE CASCADE,
    job text NOT NULL CONSTRAINT ck_credits_job CHECK (job IN ('director', 'writer', 'actor')),
    character text NOT NULL DEFAULT '',
    position integer NOT NULL DEFAULT 0,
    CONSTRAINT uq_credits_movie_id_person_id_job_character
        UNIQUE (movie_id, person_id, job, character)
);
CREATE INDEX ix_credits_person_id ON credits (person_id, job, movie_id);

CREATE TABLE external_ids (
    source text NOT NULL CONSTRAINT ck_external_ids_source CHECK (source ~ '^[a-z]+$'),
    foreign_id text NOT NULL CONSTRAINT ck_external_ids_foreign_id CHECK (foreign_id <> ''),
    movie_id bigint NOT NULL
        CONSTRAINT fk_external_ids_movie_id REFERENCES movies ON DELETE CASCADE,
    CONSTRAINT pk_external_ids PRIMARY KEY (source, foreign_id)
);
CREATE INDEX ix_external_ids_movie_id ON external_ids (movie_id);

CREATE TABLE dictionary (
    word text CONSTRAINT pk_dictionary PRIMARY KEY,
    deletions text[] NOT NULL
);
CREATE INDEX ix_dictionary_deletions ON dictionary USING gin (deletions);

CREATE TABLE import_rejections (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_import_rejections PRIMARY KEY,
    job_id uuid NOT NULL
        CONSTRAINT fk_import_rejections_job_id REFERENCES jobs ON DELETE CASCADE,
    file text NOT NULL,
    line bigint NOT NULL,
    reason text NOT NULL,
    CONSTRAINT uq_import_rejections_job_id_file_line UNIQUE (job_id, file, line)
);

CREATE TABLE import_chunks (
    source text NOT NULL,
    digest bytea NOT NULL,
    told_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_import_chunks PRIMARY KEY (source, digest)
);
"""


def upgrade() -> None:
    create_shared_tables(op)
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
