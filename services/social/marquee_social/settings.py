"""What the social service reads from its environment."""

from typing import Annotated

from pydantic import Field, SecretStr

from marquee_shared.settings import ServiceSettings, Url


class SocialSettings(ServiceSettings):
    """Without `deepl_api_key` nothing is translated.

    `deepl_url` is needed for a stand-in only: the key tells which of DeepL's own it is.
    `translation_seconds` is how long a reader waits, `deepl_seconds` how long a call may go on to
    be there for the next one. `ranking_seconds` is how long a list that is filled waits for the
    recommender.
    """

    deepl_api_key: SecretStr | None = None
    deepl_url: Url | None = None
    translation_seconds: Annotated[float, Field(gt=0)] = 2.0
    deepl_seconds: Annotated[float, Field(gt=0)] = 10.0
    ranking_seconds: Annotated[float, Field(gt=0)] = 1.5
