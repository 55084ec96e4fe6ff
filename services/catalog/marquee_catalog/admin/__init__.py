"""The editors' panel, at `/admin` of the gateway.

Owns no table. Every page and every write is a call of this service's own API, made within the
process with the editor's own access token: the panel can do what its user can, and roles,
validation, `If-Match`, audit, events and purges are the API's.
"""
