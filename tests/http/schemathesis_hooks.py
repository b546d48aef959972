"""What schemathesis cannot guess: real ids, real sessions, and files that are videos.

Loaded by schemathesis in a process of its own. Half of the generated requests keep their made-up values; the
other half get ids of things that are there, so that they reach what lies behind the first refusal.
"""

import json
import os
import random  # noqa: TID251 - seeded, so that a failure replays
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import strategies as st

KNOWN: dict[str, Any] = json.loads(os.environ["REELM_TEST_KNOWN"])
_CHOICES = random.Random(KNOWN["seed"])
_VIDEO = Path(KNOWN["video"]).read_bytes()
_BODIES = st.one_of(st.binary(max_size=4_096), st.just(_VIDEO), st.just(_VIDEO[: len(_VIDEO) // 2]))

for kind in (
    *("video/mp4", "video/quicktime", "video/webm", "video/x-matroska"),
    *("application/octet-stream", "application/offset+octet-stream"),
):
    schemathesis.openapi.media_type(kind, _BODIES)


@schemathesis.hook
def before_call(
    context: schemathesis.HookContext, case: "schemathesis.Case[Any]", kwargs: dict[str, Any]
) -> None:
    """Sign in, and use what is there in every other request."""
    operation = case.operation.definition.raw["operationId"]
    # Signing out must not end the session that all other requests need.
    session = KNOWN["spare_session"] if operation == "sign_out" else KNOWN["session"]
    case.headers["cookie"] = f"{KNOWN['session_cookie']}={session}"
    case.headers["x-csrftoken"] = KNOWN["tokens"][session]
    if _CHOICES.random() < 0.5:
        return
    case.headers.update(KNOWN["headers"].get(operation, {}))
    names = {**KNOWN["ids"], **KNOWN["expendable"].get(operation, {})}
    if isinstance(case.path_parameters, dict):
        for name in case.path_parameters:
            case.path_parameters[name] = _CHOICES.choice(names[name])
    if operation == "publish_clip" and isinstance(case.body, dict):
        case.body["upload_id"] = _CHOICES.choice(names["upload_id"])
