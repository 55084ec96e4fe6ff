"""The public API described: the services' OpenAPI documents as one, and a page to read it."""
