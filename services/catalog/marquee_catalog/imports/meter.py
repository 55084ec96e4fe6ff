"""How far an import is."""

from marquee_shared.jobs import JobRun


class Meter:
    """Counts lines: a line is half done when it is staged, and done when it is told."""

    def __init__(self, job: JobRun, total: int) -> None:
        self._job = job
        self._total = total
        self._halves = 0

    async def advance(self, lines: int) -> None:
        """Report half a step for each of these lines."""
        self._halves += lines
        await self._job.progress(min(self._halves // 2, self._total), self._total)

    def expect(self, lines: int) -> None:
        """Set how many lines there are, where only reading tells."""
        self._total = lines

    async def complete(self) -> None:
        """Report that nothing is left."""
        await self._job.progress(self._total, self._total)
