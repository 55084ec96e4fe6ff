"""Channels, their groups and contents; what keeps them a tree stands in triggers."""

from alembic import op

revision = "0003"
down_revision = "0002"

VERSIONS = """
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
"""

TABLES = f"""
CREATE TABLE groups (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_groups PRIMARY KEY,
    slug text NOT NULL CONSTRAINT ck_groups_slug CHECK (slug <> ''),
    title text NOT NULL CONSTRAINT ck_groups_title CHECK (title <> ''),
    {VERSIONS},
    CONSTRAINT uq_groups_slug UNIQUE (slug)
);

CREATE TABLE channels (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_channels PRIMARY KEY,
    parent_id bigint CONSTRAINT fk_channels_parent_id REFERENCES channels,
    slug text COLLATE "C" NOT NULL
        CONSTRAINT ck_channels_slug CHECK (slug <> '' AND strpos(slug, '/') = 0),
    title text NOT NULL CONSTRAINT ck_channels_title CHECK (title <> ''),
    language text CONSTRAINT ck_channels_language CHECK (language ~ '^[a-z]{{2,3}}$'),
    picture_url text,
    active boolean NOT NULL DEFAULT true,
    {VERSIONS},
    CONSTRAINT uq_channels_parent_id_slug UNIQUE NULLS NOT DISTINCT (parent_id, slug),
    CONSTRAINT ck_channels_parent CHECK (parent_id <> id)
);

CREATE TABLE channel_groups (
    channel_id bigint NOT NULL CONSTRAINT fk_channel_groups_channel_id REFERENCES channels,
    group_id bigint NOT NULL
        CONSTRAINT fk_channel_groups_group_id REFERENCES groups ON DELETE CASCADE,
    CONSTRAINT pk_channel_groups PRIMARY KEY (channel_id, group_id)
);
CREATE INDEX ix_channel_groups_group_id ON channel_groups (group_id);

CREATE TABLE channel_group_sources (
    channel_id bigint NOT NULL
        CONSTRAINT fk_channel_group_sources_channel_id REFERENCES channels ON DELETE CASCADE,
    group_id bigint NOT NULL
        CONSTRAINT fk_channel_group_sources_group_id REFERENCES groups ON DELETE CASCADE,
    sources bigint NOT NULL CONSTRAINT ck_channel_group_sources_sources CHECK (sources > 0),
    CONSTRAINT pk_channel_group_sources PRIMARY KEY (channel_id, group_id)
);
CREATE INDEX ix_channel_group_sources_group_id ON channel_group_sources (group_id);

CREATE TABLE contents (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_contents PRIMARY KEY,
    channel_id bigint NOT NULL CONSTRAINT fk_contents_channel_id REFERENCES channels,
    slug text COLLATE "C" NOT NULL
        CONSTRAINT ck_contents_slug CHECK (slug <> '' AND strpos(slug, '/') = 0),
    title text NOT NULL CONSTRAINT ck_contents_title CHECK (title <> ''),
    file_url text,
    metadata jsonb NOT NULL DEFAULT '{{}}'
        CONSTRAINT ck_contents_metadata CHECK (jsonb_typeof(metadata) = 'object'),
    rating numeric(3, 1) CONSTRAINT ck_contents_rating CHECK (rating BETWEEN 0 AND 10),
    active boolean NOT NULL DEFAULT true,
    {VERSIONS},
    CONSTRAINT uq_contents_channel_id_slug UNIQUE (channel_id, slug)
);
"""

LOCK = "PERFORM pg_advisory_xact_lock(hashtext('catalog.channels'));"
"""Every change of the tree waits for the one before. The statements after it read what that one
committed, which a repeatable snapshot would not: hence the refusal of other isolation levels."""

FUNCTIONS = (
    f"""
    CREATE FUNCTION lock_channels() RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('transaction_isolation') <> 'read committed' THEN
            RAISE EXCEPTION 'channels are written under READ COMMITTED only'
                USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
        {LOCK}
    END $$
    """,
    # Fires once per statement, before any row is locked: writers wait for each other in one place
    # only, and so never for each other's rows.
    """
    CREATE FUNCTION lock_channels_first() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM lock_channels();
        RETURN NULL;
    END $$
    """,
    # Adds amounts, or takes negative ones away, at channels and at those above them, as far up
    # as each is active: what an inactive channel holds does not show above it.
    """
    CREATE FUNCTION spread_channel_groups(starts bigint[], which bigint[], amounts bigint[])
    RETURNS void LANGUAGE sql AS $$
        MERGE INTO channel_group_sources AS s
        USING (
            WITH RECURSIVE chain (id, group_id, amount) AS (
                SELECT * FROM unnest(starts, which, amounts)
                UNION ALL
                SELECT c.parent_id, chain.group_id, chain.amount
                FROM chain JOIN channels AS c ON c.id = chain.id
                WHERE c.active AND c.parent_id IS NOT NULL
            )
            SELECT id, group_id, sum(amount)::bigint AS amount FROM chain GROUP BY 1, 2
        ) AS k ON s.channel_id = k.id AND s.group_id = k.group_id
        WHEN MATCHED AND s.sources + k.amount = 0 THEN DELETE
        WHEN MATCHED THEN UPDATE SET sources = s.sources + k.amount
        WHEN NOT MATCHED AND k.amount > 0 THEN INSERT VALUES (k.id, k.group_id, k.amount)
    $$
    """,
    """
    CREATE FUNCTION keep_channels_a_tree() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE held record;
    BEGIN
        IF EXISTS (SELECT FROM contents WHERE channel_id = NEW.parent_id) THEN
            RAISE EXCEPTION 'a channel with contents takes no channels'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'channels_leaf';
        END IF;
        IF EXISTS (
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
    """,
    """
    CREATE FUNCTION keep_contents_in_leaves() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM channels WHERE parent_id = NEW.channel_id) THEN
            RAISE EXCEPTION 'contents lie in leaf channels only'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'contents_leaf';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION count_channel_groups() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE changed record;
    BEGIN
        IF TG_OP = 'INSERT' THEN
            SELECT array_agg(channel_id) AS starts, array_agg(group_id) AS which,
                array_agg(1::bigint) AS amounts INTO changed FROM added;
        ELSE
            SELECT array_agg(channel_id) AS starts, array_agg(group_id) AS which,
                array_agg(-1::bigint) AS amounts INTO changed FROM removed;
        END IF;
        PERFORM spread_channel_groups(changed.starts, changed.which, changed.amounts);
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION refuse_channel_groups_update() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a channel''s group is taken away and another added'
            USING ERRCODE = 'feature_not_supported';
    END $$
    """,
)

TRIGGERS = (
    *(
        f"""
        CREATE TRIGGER lock_first BEFORE INSERT OR UPDATE OR DELETE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION lock_channels_first()
        """
        for table in ("channels", "channel_groups", "contents")
    ),
    """
    CREATE TRIGGER keep_a_tree BEFORE INSERT OR UPDATE OF id, parent_id, active ON channels
    FOR EACH ROW EXECUTE FUNCTION keep_channels_a_tree()
    """,
    """
    CREATE TRIGGER keep_in_leaves BEFORE INSERT OR UPDATE OF channel_id ON contents
    FOR EACH ROW EXECUTE FUNCTION keep_contents_in_leaves()
    """,
    """
    CREATE TRIGGER count_added AFTER INSERT ON channel_groups REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_channel_groups()
    """,
    """
    CREATE TRIGGER count_removed AFTER DELETE ON channel_groups REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION count_channel_groups()
    """,
    """
    CREATE TRIGGER refuse_update BEFORE UPDATE ON channel_groups
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_channel_groups_update()
    """,
)


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    for statement in (*FUNCTIONS, *TRIGGERS):
        op.execute(statement)
