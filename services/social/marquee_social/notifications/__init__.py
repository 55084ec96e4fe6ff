"""What members are told of: stored, read or unread, and live over `GET /v1/stream`.

Owns notifications, numbered per member without gaps in time: a number is given under the
member's lock, so whoever has seen number n never finds a smaller one appear later. Publishes
`social.notification.created`, by which every process wakes the streams it holds. Consumes
`identity.user.deleted` (erasure).
"""
