"""What tests of any service stand on: real PostgreSQL and Redis, tokens, an event sink."""
