"""Errors about friendships."""

from marquee_shared.problems import Invalid


class Oneself(Invalid):
    """422: nobody is their own friend, nor blocks or mutes themselves."""

    code = "not_with_yourself"

    def __init__(self) -> None:
        super().__init__(
            errors=[
                {
                    "pointer": "/path/username",
                    "code": self.code,
                    "detail": "This is about another member than yourself.",
                }
            ]
        )
