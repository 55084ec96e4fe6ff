"""Sentence encoders of the Hugging Face Hub, in the ONNX form that their repositories carry.

Needs the extra `marquee-recommender[huggingface]`. What was downloaded once is taken from the
cache (`HF_HOME`), also with `HF_HUB_OFFLINE=1` or when the Hub is out of reach. Only JSON and ONNX
are fetched: neither can run code when it is read.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from marquee_recommender.embeddings.encoders import MOST_DIMENSIONS, EncoderUnavailable
from marquee_recommender.engine.content import unit_rows

FILES: Final = ["*.json", "1_Pooling/config.json", "onnx/model.onnx*", "model.onnx*"]
MODELS: Final = ("onnx/model.onnx", "model.onnx")
TOKENS: Final = 256
"""Tokens read of a text where the model does not say how many it takes."""
BATCH: Final = 32
PADDING: Final = ("[PAD]", "<pad>")


class HuggingFaceEncoder:
    """A tokenizer, a network, and how its outputs for the tokens become one vector."""

    def __init__(self, name: str, tokenizer: Any, session: Any, *, first_token: bool) -> None:
        self.name = name
        self._tokenizer = tokenizer
        self._session = session
        self._first_token = first_token
        self._inputs = {each.name for each in session.get_inputs()}
        self.dimensions = int(self.encode(["film"]).shape[1])

    @classmethod
    def load(cls, repo: str, token: str | None = None, threads: int = 1) -> Self:
        """Load a repository of the Hub, or a folder of the same shape.

        Raises:
            EncoderUnavailable: it cannot be had, or is no sentence encoder in ONNX.
        """
        try:
            import onnxruntime  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra
            from tokenizers import Tokenizer  # noqa: PLC0415
        except ImportError as error:
            raise EncoderUnavailable(
                "HF_MODEL_REPO needs the extra marquee-recommender[huggingface]."
            ) from error
        folder, revision = _obtain(repo, token)
        network = next((folder / name for name in MODELS if (folder / name).is_file()), None)
        if network is None:
            raise EncoderUnavailable(f"{repo} has none of {', '.join(MODELS)}.")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        try:
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            _prepare(tokenizer, _length(folder))
            session = onnxruntime.InferenceSession(
                str(network), options, providers=["CPUExecutionProvider"]
            )
            first = bool(_settings(folder / "1_Pooling/config.json").get("pooling_mode_cls_token"))
            name = (
                f"{repo.partition('@')[0]}@{revision}" if revision else f"{repo}@{_digest(network)}"
            )
            encoder = cls(name, tokenizer, session, first_token=first)
        except Exception as error:  # the libraries raise nothing narrower
            raise EncoderUnavailable(f"{repo} cannot be read: {error}") from error
        if encoder.dimensions > MOST_DIMENSIONS:
            raise EncoderUnavailable(
                f"{repo} has {encoder.dimensions} dimensions; an index takes {MOST_DIMENSIONS}."
            )
        return encoder

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit rows [texts, dimensions]; texts of like length go together."""
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        parts = [
            self._batch([texts[row] for row in order[start : start + BATCH]])
            for start in range(0, len(order), BATCH)
        ]
        vectors = np.concatenate(parts) if parts else np.zeros((0, self.dimensions), np.float32)
        placed = np.empty_like(vectors)
        placed[order] = vectors
        return unit_rows(placed)

    def _batch(self, texts: list[str]) -> NDArray[np.float32]:
        tokens = self._tokenizer.encode_batch(texts)
        mask = np.array([each.attention_mask for each in tokens], dtype=np.int64)
        offered = {
            "input_ids": np.array([each.ids for each in tokens], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.array([each.type_ids for each in tokens], dtype=np.int64),
        }
        inputs = {name: value for name, value in offered.items() if name in self._inputs}
        # By the convention of exports the tokens' states come first.
        states: NDArray[np.float32] = self._session.run(None, inputs)[0]
        if states.ndim == 2:  # noqa: PLR2004 - pooled by the network itself
            return states
        # The first token stands for all, or all count alike.
        weights = mask.astype(np.float32)
        if self._first_token:
            weights[:, 1:] = 0
        return np.asarray(np.einsum("ntd,nt->nd", states, weights))  # encode() makes unit rows


def _obtain(repo: str, token: str | None) -> tuple[Path, str | None]:
    """Return the model's folder, and the commit it was at; None for a folder of one's own.

    `repo` may name a branch, tag or commit after an `@`.
    """
    if Path(repo).is_dir():
        return Path(repo), None
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - an extra

    try:
        name, _, revision = repo.partition("@")
        folder = Path(
            snapshot_download(name, revision=revision or None, token=token, allow_patterns=FILES)
        )
    except Exception as error:  # of many libraries beneath, from proxies to the disk
        raise EncoderUnavailable(f"{repo} cannot be downloaded: {error}") from error
    return folder, folder.name


def _prepare(tokenizer: Any, length: int) -> None:
    """Cut what is too long, and fill up to the longest of a batch."""
    tokenizer.enable_truncation(length)
    for token in PADDING:
        if (number := tokenizer.token_to_id(token)) is not None:
            tokenizer.enable_padding(pad_id=number, pad_token=token)
            return
    tokenizer.enable_padding()


def _length(folder: Path) -> int:
    """Return how many tokens the model was made for."""
    told = _settings(folder / "sentence_bert_config.json").get("max_seq_length")
    return int(told) if told else TOKENS


def _settings(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
