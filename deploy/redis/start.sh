#!/bin/sh
# Redis with its append-only file and one user per process kind, from passwords in the environment.
#
# Everyone reads every stream, since that is how services hear of one another; only its owner adds
# to `events:<service>:*`, so an event's origin can be trusted. The dangerous commands are nobody's.
set -eu
umask 077

: "${IDENTITY_REDIS_PASSWORD:?}" "${CATALOG_REDIS_PASSWORD:?}" "${SOCIAL_REDIS_PASSWORD:?}" \
    "${RECOMMENDER_REDIS_PASSWORD:?}" "${GATEWAY_REDIS_PASSWORD:?}" "${REDIS_ADMIN_PASSWORD:?}"

users=/tmp/users.acl
forbidden="-@admin -@dangerous +info -xadd -rename -renamenx -copy -move"

# Passwords go in as digests, so that no character of theirs can mean something to the file.
digest() {
    printf '%s' "$1" | sha256sum | cut -d ' ' -f 1
}

# user NAME PASSWORD: may do everything but the above, and add to its own streams.
user() {
    echo "user $1 on #$(digest "$2") ~* &* +@all $forbidden (~events:$1:* ~intake:$1:* +xadd)"
}

{
    echo "user default off"
    echo "user admin on #$(digest "$REDIS_ADMIN_PASSWORD") ~* &* +@all"
    user identity "$IDENTITY_REDIS_PASSWORD"
    user catalog "$CATALOG_REDIS_PASSWORD"
    user social "$SOCIAL_REDIS_PASSWORD"
    user recommender "$RECOMMENDER_REDIS_PASSWORD"
    echo "user gateway on #$(digest "$GATEWAY_REDIS_PASSWORD")" \
        "~rate:* ~cache:* ~recent-writes:* ~web:* %R~events:* %R~heartbeat:* &* +@all $forbidden"
} >$users

exec redis-server --aclfile $users --appendonly yes --appendfsync everysec --save '' \
    --dir "${REDIS_DIR:-/data}" --maxmemory-policy noeviction "$@"
