"""A manifest as everyone else reads it: canonical JSON, whose digest is on the public record.

The names are those of docs/spec/manifest.md. What was left out is absent; a share is text, such as
``"49.5"``, since canonical JSON here has whole numbers only.
"""

from typing import Any

import msgspec

from reelm.base import canonical_json
from reelm.realm.model import Manifest


def declared(manifest: Manifest) -> bytes:
    """The same bytes for manifests that say the same."""
    return canonical_json(_plain(msgspec.to_builtins(manifest)))


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {name: _plain(inner) for name, inner in value.items() if inner is not None}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case float():
            return f"{value:.10g}"
        case _:
            return value
