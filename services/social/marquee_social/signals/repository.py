"""The SQL of signals."""

from marquee_social.marks.repository import mark_statements

STATEMENTS = mark_statements(table="signals", value="kind", value_type="text", at="signalled_at")
