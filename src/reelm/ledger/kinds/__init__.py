"""List every kind of leaf with its public fields; nothing else gets into the log.

A docstring says what the realm states by such a leaf; docs/reference/ledger-kinds.md lists them. A kind never
changes its fields' meaning, and loses none: a new meaning is a new kind.
"""

from typing import Any

import msgspec

from reelm.ledger.fields import LeafKind
from reelm.ledger.kinds import access, data, moderation, operation, realm, supervision

_SUBJECTS = (access, data, moderation, operation, realm, supervision)

KINDS: dict[str, type[LeafKind]] = {
    shape.kind: shape
    for subject in _SUBJECTS
    for shape in vars(subject).values()
    if isinstance(shape, type) and issubclass(shape, LeafKind) and shape is not LeafKind
}


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON schema of the ``public`` member for every kind, by kind."""
    return {kind: _schema(KINDS[kind]) for kind in sorted(KINDS)}


def _schema(shape: type[LeafKind]) -> dict[str, Any]:
    described = msgspec.json.schema(shape)["$defs"][shape.__name__]
    return {name: value for name, value in described.items() if name != "title"}
