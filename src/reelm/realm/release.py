"""A release: the code and the page that a realm runs, by their digests."""

import json
import re
from dataclasses import asdict, dataclass
from typing import Self

from reelm.base import canonical_json
from reelm.realm.errors import ReleaseRefused

_DIGEST = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,63}")
_PATTERNS = {
    "version": _VERSION,
    "code_digest": _DIGEST,
    "page_digest": _DIGEST,
    "artifact_digest": _DIGEST,
    "commit": _COMMIT,
}
_NEEDED = {"version", "code_digest"}


@dataclass(frozen=True, slots=True)
class Release:
    """A release as the ledger has it; docs/spec/ledger.md, "Digests", tells what each digest is of.

    Attributes:
        page_digest: of the page's asset manifest; None where no page was built.
        artifact_digest: SHA-256 of the wheel; None for one that runs from a folder of sources.
        commit: what it was built from, where that is known.
    """

    version: str
    code_digest: str
    page_digest: str | None = None
    artifact_digest: str | None = None
    commit: str | None = None

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse what ``canonical`` wrote.

        Raises:
            ReleaseRefused: it is not of that form.
        """
        try:
            read = json.loads(raw)
            is_known = _NEEDED <= read.keys() <= _PATTERNS.keys()
            is_sound = is_known and all(_PATTERNS[name].fullmatch(value) for name, value in read.items())
        except (ValueError, AttributeError, TypeError):
            is_sound = False
        if not is_sound:
            raise ReleaseRefused(
                "The file does not describe a release. Nothing was put in the ledger. Give the "
                "release.json that ./reelm dev build wrote beside the wheel."
            )
        return cls(**read)

    def public(self) -> dict[str, str]:
        """Return the public fields of its leaf; what is not known is absent."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def canonical(self) -> bytes:
        """RFC 8785 JSON: equal releases have equal bytes."""
        return canonical_json(self.public())

    def is_of(self, other: "Release") -> bool:
        """Return whether this is about the same code and the same page, however they came here."""
        return _content(self) == _content(other)


def _content(release: Release) -> tuple[str, str, str | None]:
    return release.version, release.code_digest, release.page_digest
