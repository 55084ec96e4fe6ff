"""People's ids elsewhere, what an import still has to fetch, and channels that come in faster."""

from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = (
    """
    CREATE TABLE person_external_ids (
        source text NOT NULL
            CONSTRAINT ck_person_external_ids_source CHECK (source ~ '^[a-z]+$'),
        foreign_id text NOT NULL
            CONSTRAINT ck_person_external_ids_foreign_id CHECK (foreign_id <> ''),
        person_id bigint NOT NULL
            CONSTRAINT fk_person_external_ids_person_id REFERENCES people ON DELETE CASCADE,
        CONSTRAINT pk_person_external_ids PRIMARY KEY (source, foreign_id)
    )
    """,
    "CREATE INDEX ix_person_external_ids_person_id ON person_external_ids (person_id)",
    """
    CREATE TABLE import_items (
        job_id uuid NOT NULL
            CONSTRAINT fk_import_items_job_id REFERENCES jobs ON DELETE CASCADE,
        foreign_id bigint NOT NULL,
        page integer NOT NULL,
        outcome text CONSTRAINT ck_import_items_outcome
            CHECK (outcome IN ('created', 'updated', 'unchanged', 'refused')),
        CONSTRAINT pk_import_items PRIMARY KEY (job_id, foreign_id)
    )
    """,
    """
    CREATE INDEX ix_import_items_waiting ON import_items (job_id, page, foreign_id)
    WHERE outcome IS NULL
    """,
)

# As before, but for whether a new channel could close a circle: only where one names it as its
# parent already, as a row that came before it in the same statement may.
KEEP_A_TREE = """
    CREATE OR REPLACE FUNCTION keep_channels_a_tree() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE held record;
    BEGIN
        IF EXISTS (SELECT FROM contents WHERE channel_id = NEW.parent_id) THEN
            RAISE EXCEPTION 'a channel with contents takes no channels'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'channels_leaf';
        END IF;
        IF (TG_OP = 'UPDATE' OR EXISTS (SELECT FROM channels WHERE parent_id = NEW.id))
            AND EXISTS (
            WITH RECURSIVE up (id) AS (
                SELECT NEW.parent_id
                UNION
                SELECT c.parent_id FROM up JOIN channels AS c ON c.id = up.id
            )
            SELECT FROM up WHERE id = NEW.id
        ) THEN
            RAISE EXCEPTION 'a channel cannot lie below itself'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'channels_acyclic';
        END IF;
        IF TG_OP = 'UPDATE' THEN
            SELECT array_agg(group_id) AS which, array_agg(sources) AS amounts,
                array_agg(-sources) AS taken, array_agg(OLD.parent_id) AS old_parents,
                array_agg(NEW.parent_id) AS new_parents
            INTO held FROM channel_group_sources WHERE channel_id = NEW.id;
            IF held.which IS NOT NULL AND OLD.active AND OLD.parent_id IS NOT NULL THEN
                PERFORM spread_channel_groups(held.old_parents, held.which, held.taken);
            END IF;
            IF held.which IS NOT NULL AND NEW.active AND NEW.parent_id IS NOT NULL THEN
                PERFORM spread_channel_groups(held.new_parents, held.which, held.amounts);
            END IF;
        END IF;
        RETURN NEW;
    END $$
    """


def upgrade() -> None:
    for statement in (*TABLES, KEEP_A_TREE):
        op.execute(statement)
