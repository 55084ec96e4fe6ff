"""What the social service reads from its environment."""

from marquee_shared.settings import ServiceSettings


class SocialSettings(ServiceSettings):
    """Nothing beyond what every service has."""
