#!/bin/sh
# One login role and one schema per service, owned by the role, and nothing for anybody else:
# what shared/marquee_shared/bootstrap.py does, by psql. Safe to repeat; sets the passwords anew.
#
# Runs by itself in the postgres image's first start (docker-entrypoint-initdb.d), and by hand with
# psql's own variables (PGHOST, PGUSER, PGDATABASE, …) on any other server. Reads
# IDENTITY_DB_PASSWORD, CATALOG_DB_PASSWORD, SOCIAL_DB_PASSWORD and RECOMMENDER_DB_PASSWORD.
set -eu

: "${IDENTITY_DB_PASSWORD:?}" "${CATALOG_DB_PASSWORD:?}" "${SOCIAL_DB_PASSWORD:?}" \
    "${RECOMMENDER_DB_PASSWORD:?}"
export PGUSER="${PGUSER:-${POSTGRES_USER:-postgres}}"
export PGDATABASE="${PGDATABASE:-${POSTGRES_DB:-$PGUSER}}"

# The passwords reach psql by its environment, not by arguments that others could see.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 <<'SQL'
\set database `echo "$PGDATABASE"`
\getenv identity IDENTITY_DB_PASSWORD
\getenv catalog CATALOG_DB_PASSWORD
\getenv social SOCIAL_DB_PASSWORD
\getenv recommender RECOMMENDER_DB_PASSWORD

SET client_min_messages = warning;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA IF NOT EXISTS extensions;

SELECT 'CREATE EXTENSION IF NOT EXISTS vector SCHEMA extensions'
WHERE EXISTS (
    SELECT FROM pg_available_extension_versions
    WHERE name = 'vector'
      AND (NOT superuser OR trusted OR current_setting('is_superuser')::boolean)
)
\gexec

CREATE TEMPORARY TABLE wanted (service text, role text, password text);
INSERT INTO wanted
SELECT service, 'marquee_' || service, password
FROM (VALUES
    ('identity', :'identity'), ('catalog', :'catalog'),
    ('social', :'social'), ('recommender', :'recommender')
) AS given (service, password);

SELECT format('CREATE ROLE %I', role) FROM wanted
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
\gexec
SELECT format('ALTER ROLE %I LOGIN NOINHERIT PASSWORD %L', role, password) FROM wanted
\gexec
SELECT format('GRANT %I TO CURRENT_USER WITH SET TRUE', role) FROM wanted
WHERE NOT pg_has_role(current_user, role, 'SET')
\gexec
SELECT format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I', service, role) FROM wanted
\gexec
SELECT format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO %I', current_database(), role) FROM wanted
\gexec
SELECT format('GRANT USAGE ON SCHEMA extensions TO %I', role) FROM wanted
\gexec
SELECT format(
    'ALTER ROLE %I IN DATABASE %I SET search_path = %I, extensions',
    role, current_database(), service
) FROM wanted
\gexec
SQL
