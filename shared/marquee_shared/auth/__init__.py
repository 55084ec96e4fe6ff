"""Who is calling: tokens verified by every service for itself, sessions revoked within seconds."""

from marquee_shared.auth.principals import Principal
from marquee_shared.auth.revocations import Revocations
from marquee_shared.auth.tokens import JwksCache, TokenVerifier

__all__ = ["JwksCache", "Principal", "Revocations", "TokenVerifier"]
