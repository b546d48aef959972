"""The processes of one realm: web, worker and, for the demo, its witnesses and what makes its samples."""

from reelm.app.children import Child, python
from reelm.app.readiness import AnswersHttp, WritesFile
from reelm.app.settings import Settings, as_arguments
from reelm.app.state import ready_file
from reelm.app.witnesses import witness_children


def realm_children(settings: Settings, *, with_samples: bool) -> tuple[Child, ...]:
    """What the supervisor keeps running, each with its settings on its command line."""
    arguments = as_arguments(settings)
    web = Child(
        name="web",
        argv=python("reelm.web", *arguments),
        ready=AnswersHttp(settings.host, settings.port),
    )
    worker = Child(
        name="worker",
        argv=python("reelm.app.worker", *arguments),
        ready=WritesFile(ready_file(settings.paths, "worker")),
    )
    if not with_samples:
        return web, worker
    seed = Child(name="seed", argv=python("reelm.app.seed", *arguments), is_task=True, is_shown=True)
    return web, worker, *witness_children(settings.paths), seed
