"""What can be wrong with an import before it begins."""

from marquee_shared.problems import Invalid


class UnreadableDataset(Exception):  # noqa: N818 - an outcome
    """A file that is not the data set it claims to be; the message says what is wrong."""

    def as_problem(self) -> Invalid:
        """Return the 422 for someone who has just uploaded it."""
        return Invalid.at("/file", "not_the_data_set", str(self))
