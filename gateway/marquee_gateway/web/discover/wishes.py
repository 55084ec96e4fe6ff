"""What is looked for, as the fields of the form say it."""

from typing import Any, Final

from marquee_gateway.web.forms import Form

LISTS: Final = ("like", "genres", "without_genres", "tags", "people", "platforms")
NUMBERS: Final = ("year_from", "year_to", "max_runtime")
FRIENDS: Final = "with_friends"


def read_wishes(form: Form) -> dict[str, Any]:
    """Return the API's filters, whole: what is not there is taken out, too.

    Numbers stay as they were typed; it is for the API to refuse them.
    """
    wishes: dict[str, Any] = {name: list(dict.fromkeys(form.all(name))) for name in LISTS}
    wishes |= {name: form[name].strip() or None for name in NUMBERS}
    wishes[FRIENDS] = form.checked(FRIENDS) or None
    return wishes
