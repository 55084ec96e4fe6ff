"""A form that was sent, what was typed into it, and what was wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.datastructures import FormData, UploadFile

from marquee_gateway.web.api import Answer

WITHIN: Final = ("query", "filters")
"""Where the API keeps what a form has flat."""


@dataclass(slots=True)
class Form:
    """Values by name, and errors by name; `message` is what stands above the form."""

    values: Mapping[str, list[str]] = field(default_factory=dict)
    files: Mapping[str, UploadFile] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    message: str = ""

    @classmethod
    def sent(cls, data: FormData) -> "Form":
        """Take what a browser sent."""
        values: dict[str, list[str]] = {}
        files: dict[str, UploadFile] = {}
        for name, value in data.multi_items():
            if isinstance(value, UploadFile):
                if value.filename:
                    files[name] = value
            else:
                values.setdefault(name, []).append(value.replace("\r\n", "\n"))
        return cls(values, files)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Form":
        """Show values that are there already, such as a profile to be changed."""
        shown = {name: value for name, value in values.items() if value is not None}
        return cls(
            {
                name: [str(one) for one in value] if isinstance(value, list) else [str(value)]
                for name, value in shown.items()
            }
        )

    def __getitem__(self, name: str) -> str:
        """Return a value, empty where there is none."""
        return self.values.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """Return all values of a name, as checkboxes send them; blank ones left out."""
        return [value for value in self.values.get(name, []) if value]

    def checked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return bool(self[name])

    def given(self, *names: str) -> dict[str, str | None]:
        """Return what was typed by name, None for what was left empty: for a JSON body."""
        return {name: self[name] or None for name in names}

    def typed(self) -> list[str]:
        """Return the longer texts, which nobody would like to type again."""
        return [
            text for name, texts in self.values.items() if name != "form_token" for text in texts
            if "\n" in text or " " in text
        ]  # fmt: skip

    def refused(self, answer: Answer, **renamed: str) -> "Form":
        """Put a refusal where it belongs: beside its field, else above the form.

        `renamed` gives the form's name of a field of the API where the two differ.
        """
        above: list[str] = []
        for error in answer.errors:
            pointer = (
                error["pointer"]
                .removeprefix("/query")
                .removeprefix("/filters")
                .strip("/")
                .partition("/")[0]
            )
            name = renamed.get(pointer, pointer)
            if name in self.values or name in self.files:
                self.errors.setdefault(name, error["detail"])
            else:
                above.append(error["detail"])
        if not answer.errors:
            above.append(answer.detail)
        self.message = " ".join(dict.fromkeys(above))
        return self

    def wrong(self, name: str, detail: str) -> "Form":
        """Note what is wrong with a field."""
        self.errors[name] = detail
        return self


def _field_of(pointer: str) -> str:
    first, _, rest = pointer.strip("/").partition("/")
    return (rest if first in WITHIN and rest else first).partition("/")[0]
