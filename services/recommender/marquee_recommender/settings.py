"""What the recommender reads from its environment beyond what every service does."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from marquee_shared.settings import ServiceSettings, Url


class RecommenderSettings(ServiceSettings):
    """Settings of the recommender's processes.

    A training starts by itself once `training_min_changes` interactions, and
    `training_change_share` of all, have changed since the last one and the events have been quiet
    for `training_quiet_seconds`; under traffic that never pauses, after `training_longest_wait`.
    """

    training_automatic: bool = True
    training_min_changes: Annotated[int, Field(ge=1)] = 200
    training_change_share: Annotated[float, Field(gt=0, le=1)] = 0.05
    training_quiet_seconds: Annotated[float, Field(ge=0)] = 1.5
    training_longest_wait: Annotated[float, Field(ge=0)] = 300.0
    training_retry_seconds: Annotated[float, Field(ge=0)] = 300.0
    training_threads: Annotated[int, Field(ge=1)] = 2
    evaluation_rows: Annotated[int, Field(ge=0)] = 2_000_000
    """Interactions that the evaluation after a training may use; 0 leaves it out."""
    trainer: Literal["implicit", "spark"] = "implicit"
    """What factorises: this machine, or Spark for data that has outgrown it."""
    spark_master: str = "local[2]"
    spark_folder: Path | None = None
    """Where interactions are handed to Spark: a folder that all its executors see."""
    models_kept: Annotated[int, Field(ge=1)] = 5
    llm_base_url: Url | None = None
    """An OpenAI-compatible API that may help to read what members look for; none is needed."""
    llm_model: str = "gpt-4o-mini"
    llm_api_key: SecretStr | None = None
    llm_timeout: Annotated[float, Field(gt=0, le=30)] = 3.0
    hf_model_repo: str | None = None
    """A sentence encoder on the Hugging Face Hub, or its folder, for the meaning of texts; without
    one TF-IDF and SVD, fitted to the catalog."""
    hf_token: SecretStr | None = None
    social_deadline: Annotated[float, Field(gt=0)] = 2.0
    """Seconds that social and identity get to tell what events have not brought yet."""

    @property
    def models_dir(self) -> Path:
        """Where the artifacts are, a folder per version."""
        return self.data_dir / "models"
