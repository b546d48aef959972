"""Run durable workflows in this process, for as long as it lives, without a store.

Steps are remembered per job key in memory, so a workflow that is cut off and started again behaves as
it would after a crash. Nothing outlives the process; the product runs on ``reelm.workflows.adapters.dbos``.
"""

from collections.abc import Awaitable, Callable, Mapping

from reelm.workflows.ports import Job, JobState, Json, Workflow


class _Remembered:
    def __init__(self, results: dict[str, Json]) -> None:
        self._results = results

    async def step(self, name: str, action: Callable[[], Awaitable[Json]]) -> Json:
        if name not in self._results:
            self._results[name] = await action()
        return self._results[name]


class InlineJobs:
    """Runs a workflow while ``start`` is awaited."""

    def __init__(self, *, workflows: Mapping[str, Workflow]) -> None:
        self._workflows = workflows
        self._results: dict[str, dict[str, Json]] = {}
        self._ended: set[str] = set()

    async def start(self, job: Job) -> None:
        if job.key in self._ended:
            return
        results = self._results.setdefault(job.key, {})
        await self._workflows[job.workflow](_Remembered(results), job.arguments)
        self._ended.add(job.key)

    async def state(self, key: str) -> JobState:
        if key in self._ended:
            return JobState.ENDED
        return JobState.RUNNING if key in self._results else JobState.UNKNOWN
