"""Asking witnesses to cosign, now and then and beside everything else.

The log goes on whatever they do. ``checkpoint.cosigned`` is replaced by the newest checkpoint that the
policy's quorum has seen; nothing is kept of answers that are not enough, since every witness can be asked
again.
"""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass

from reelm.base import DestinationFailed, Note, ReelmError, Signature, telemetry
from reelm.ledger.checkpoint import Checkpoint, cosigned_seconds
from reelm.ledger.errors import WitnessFailed
from reelm.ledger.files import COSIGNED, POLICY, LogFiles
from reelm.ledger.log import LogEnvironment
from reelm.ledger.merkle import consistency_proof, consistency_ranges
from reelm.ledger.ports import Elsewhere, Witnessing
from reelm.ledger.quorum import Policy

_TRIES = 2
# Witnesses of its own are started a moment after the realm: they need not wait for a whole round.
_FIRST_PAUSE_SECONDS = 1.0

_log = telemetry.logger(__name__)


@dataclass(frozen=True)
class Panel:
    """Whom a realm asks.

    Attributes:
        text: the policy as it is published.
        policy: the same, read.
        witnesses: those that can be asked, by their name in the policy.
    """

    text: str
    policy: Policy
    witnesses: Mapping[str, Witnessing]


NO_WITNESSES = Panel("quorum none\n", Policy(), {})


class Cosigning:
    """Collects cosignatures; one process of a realm runs it, beside the sequencer."""

    def __init__(self, environment: LogEnvironment, panel: Panel) -> None:
        self._environment = environment
        self._panel = panel
        self._files = LogFiles(environment.disk)
        # What each witness saw last, as far as is known here; it says so itself when that is wrong.
        self._seen: dict[str, int] = {}
        # When enough of them answered last, by the monotonic clock: what a witness says of the time is not
        # relied on. A process that has just started asks at once, also because the witnesses may be others.
        self._cosigned_seconds = -math.inf

    async def run(self) -> None:
        """Ask for good; cut off at any line."""
        await self.publish_policy()
        pause_seconds = _FIRST_PAUSE_SECONDS
        while True:
            try:
                await self.ask_all()
            except (ReelmError, OSError) as error:
                _log.error("ledger.cosigning-failed", exc_info=error)
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(2 * pause_seconds, self._environment.config.cosign_seconds)

    async def publish_policy(self) -> None:
        """Put the policy beside the log, when it is another one."""
        data = self._panel.text.encode()
        if await self._environment.disk.read(POLICY) != data:
            await self._files.publish(data, POLICY)

    async def ask_all(self) -> Checkpoint | None:
        """Have the newest checkpoint cosigned; None when not enough witnesses did, or they did lately.

        Raises:
            LogBroken: the log's files are damaged.
        """
        note, kept = await self._files.checkpoint(), await self._files.checkpoint(COSIGNED)
        if note is None or not self._panel.witnesses or not self._is_due(note, kept):
            return None
        names = list(self._panel.witnesses)
        answers = await asyncio.gather(*(self._ask(name, note) for name in names))
        cosigned = note.with_signatures(each for answer in answers for each in answer)
        if not self._panel.policy.is_met(self._panel.policy.witnessed(cosigned)):
            return None
        await self._files.publish(cosigned.encode(), COSIGNED)
        self._cosigned_seconds = self._environment.clock.monotonic_seconds()
        return Checkpoint.parse(note.text)

    def _is_due(self, note: Note, kept: Note | None) -> bool:
        """Whether there is something new, or what is cosigned grows old."""
        age_seconds = self._environment.clock.monotonic_seconds() - self._cosigned_seconds
        is_new = kept is None or kept.text != note.text
        return is_new or age_seconds >= self._environment.config.cosign_anew_seconds

    async def _ask(self, name: str, note: Note) -> list[Signature]:
        """Its good cosignatures; none when it fails, which is told and costs nothing else."""
        try:
            return await self._cosigned(name, note)
        except DestinationFailed as error:
            _log.info("ledger.witness-away", witness=name, code=error.code)
            return []
        except ReelmError as error:
            _log.warning("ledger.witness-failed", witness=name, code=error.code, exc_info=error)
            return []

    async def _cosigned(self, name: str, note: Note) -> list[Signature]:
        checkpoint = Checkpoint.parse(note.text)
        for _ in range(_TRIES):
            old = self._seen.get(name, 0)
            proof = await self._proof(old, checkpoint.size)
            answer = await self._panel.witnesses[name].add_checkpoint(old, proof, note.encode())
            if not isinstance(answer, Elsewhere):
                self._seen[name] = checkpoint.size
                return self._good(name, note, answer)
            if answer.size > checkpoint.size:
                raise WitnessFailed(
                    f"The witness {name} has seen {answer.size} leaves of this log, and there are "
                    f"{checkpoint.size}: leaves were lost, most likely by restoring an old backup. "
                    "Stop the realm and recover the ledger from a mirror.",
                    witness=name,
                )
            self._seen[name] = answer.size
        raise WitnessFailed(f"The witness {name} keeps naming another size. It is asked again later.")

    async def _proof(self, old: int, size: int) -> list[bytes]:
        if not old:
            return []
        return consistency_proof(old, size, await self._files.nodes(consistency_ranges(old, size), size))

    def _good(self, name: str, note: Note, signatures: tuple[Signature, ...]) -> list[Signature]:
        key = self._panel.policy.witnesses[name].key
        good = [each for each in signatures if each.is_of(key)]
        for each in good:
            cosigned_seconds(note, each, key)
        return good[:1]
