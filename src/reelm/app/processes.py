"""Name the processes of one realm: web, worker and, for the demo, its witnesses and its sample maker."""

from reelm.app.children import DEMO_SOURCE, Child, python
from reelm.app.readiness import AnswersHttp, WritesFile
from reelm.app.settings import Settings, as_arguments
from reelm.app.state import ready_file
from reelm.app.witnesses import witness_children


def realm_children(settings: Settings, *, with_samples: bool) -> tuple[Child, ...]:
    """Return what the supervisor keeps running, each with its settings on its command line."""
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
    seed = Child(name="seed", argv=python("reelm_demo", *arguments), is_task=True, is_shown=True)
    return web, worker, *witness_children(settings.paths), seed


def require_demo() -> None:
    """Refuse to start a demo where its sample content is not beside the product.

    Raises:
        DemoMissing: this is an installed package, not a copy of the repository.
    """
    if not DEMO_SOURCE.is_dir():
        from reelm.app.errors import DemoMissing  # noqa: PLC0415 - reelm.base costs half a second

        raise DemoMissing(
            "The sample content of the demo is not part of the installed package. Nothing was started. "
            "Run ./reelm demo in a copy of the repository, or start an empty realm with up."
        )
