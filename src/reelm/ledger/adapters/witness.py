"""A witness over HTTP. Nothing it answers is trusted: cosignatures are verified by who asked.

Source: c2sp.org/tlog-witness, "add-checkpoint".
"""

import re
from collections.abc import Sequence

from reelm.base import Outbound, Signature, read_signatures, to_base64
from reelm.ledger.errors import WitnessFailed
from reelm.ledger.ports import Elsewhere

_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n?")
_SIZE_TYPE = "text/x.tlog.size"
_SHOWN_CHARACTERS = 120


class HttpWitness:
    """One witness at its submission prefix, which the manifest must declare as a destination."""

    def __init__(self, outbound: Outbound, url: str) -> None:
        self._outbound = outbound
        self._url = f"{url.rstrip('/')}/add-checkpoint"

    async def add_checkpoint(
        self, old_size: int, proof: Sequence[bytes], checkpoint: bytes
    ) -> tuple[Signature, ...] | Elsewhere:
        lines = [f"old {old_size}", *(to_base64(each) for each in proof), "", ""]
        body = "\n".join(lines).encode() + checkpoint
        answer = await self._outbound.request("POST", self._url, body=body)
        kind = answer.headers.get("content-type", "").partition(";")[0].strip()
        if answer.status == 409 and kind == _SIZE_TYPE and (size := _SIZE.fullmatch(answer.body)):
            return Elsewhere(int(size[1]))
        if answer.status != 200:
            said = answer.body.decode(errors="replace")[:_SHOWN_CHARACTERS].strip()
            raise WitnessFailed(
                f"A witness answered {answer.status} ({said!r}). The checkpoint stands without it. "
                "Compare with what the witness publishes of this log.",
                status=answer.status,
            )
        return read_signatures(answer.body.decode(errors="replace"))
