"""Reports and the moderation log."""

from alembic import op

revision = "0009"
down_revision = "0008"

STATEMENTS = (
    """
    CREATE TABLE reports (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_reports PRIMARY KEY,
        reporter_id uuid,
        target_type text NOT NULL CONSTRAINT ck_reports_target_type
            CHECK (target_type IN ('review', 'comment', 'user')),
        target_id text NOT NULL,
        author_id uuid,
        reason text NOT NULL CONSTRAINT ck_reports_reason
            CHECK (reason IN ('spam', 'abuse', 'spoiler', 'illegal', 'other')),
        note text NOT NULL,
        snapshot jsonb NOT NULL,
        state text NOT NULL CONSTRAINT ck_reports_state
            CHECK (state IN ('open', 'dismissed', 'actioned', 'appealed')),
        action text CONSTRAINT ck_reports_action
            CHECK (action IN ('hide', 'restore', 'warn', 'suspend')),
        suspended_until timestamptz,
        decision_note text NOT NULL,
        decided_at timestamptz,
        appeal text,
        appealed_at timestamptz,
        revision bigint NOT NULL CONSTRAINT ck_reports_revision CHECK (revision > 0),
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CONSTRAINT ck_reports_decided CHECK ((state = 'open') = (decided_at IS NULL))
    )
    """,
    """
    CREATE UNIQUE INDEX uq_reports_open ON reports (reporter_id, target_type, target_id)
    WHERE state = 'open'
    """,
    "CREATE INDEX ix_reports_queue ON reports (state, id)",
    "CREATE INDEX ix_reports_target ON reports (target_type, target_id) WHERE state = 'open'",
    "CREATE INDEX ix_reports_author ON reports (author_id, id)",
    "CREATE INDEX ix_reports_reporter ON reports (reporter_id, id)",
    """
    CREATE TABLE moderation_log (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_moderation_log PRIMARY KEY,
        moderator_id uuid,
        report_id bigint NOT NULL,
        target_type text NOT NULL,
        target_id text NOT NULL,
        member_id uuid,
        state text NOT NULL,
        action text,
        suspended_until timestamptz,
        note text NOT NULL,
        at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_moderation_log_report ON moderation_log (report_id)",
    "CREATE INDEX ix_moderation_log_member ON moderation_log (member_id)",
    "CREATE INDEX ix_moderation_log_moderator ON moderation_log (moderator_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
