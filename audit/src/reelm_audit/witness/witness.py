"""The decision: cosign, or say why not. Source: c2sp.org/tlog-witness."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from reelm_audit.clock import Clock
from reelm_audit.errors import Malformed, Untrusted
from reelm_audit.evidence import Evidence, Offence
from reelm_audit.tlog.checkpoint import Checkpoint
from reelm_audit.tlog.keys import SignerKey, VerifierKey
from reelm_audit.tlog.merkle import EMPTY_ROOT, check_consistency
from reelm_audit.tlog.note import Note, Signature
from reelm_audit.witness.request import Request
from reelm_audit.witness.store import Store, origin_hash

PLAIN = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: HTTPStatus
    body: str
    content_type: str = PLAIN


class Refused(Exception):
    """Why there is no cosignature."""

    def __init__(self, status: HTTPStatus, body: str, *, content_type: str = PLAIN) -> None:
        super().__init__(body)
        self.answer = Answer(status, f"{body}\n", content_type)


class Witness:
    """Cosigns for the logs that it knows, with all of its keys; safe to call from many threads."""

    def __init__(
        self,
        store: Store,
        keys: Sequence[SignerKey],
        logs: Mapping[str, Sequence[VerifierKey]],
        *,
        clock: Clock,
    ) -> None:
        """Take up work.

        Args:
            store: what was cosigned before.
            keys: its own, of kinds that make cosignatures.
            logs: by origin, the keys of each log.
            clock: POSIX seconds.
        """
        self._store = store
        self._keys = tuple(keys)
        self._logs = {origin: tuple(trusted) for origin, trusted in logs.items()}
        self._clock = clock
        # Two requests for one log must not both be held against the same latest checkpoint.
        self._turns = {origin: threading.Lock() for origin in self._logs}
        for origin in self._logs:
            store.latest(origin)  # a damaged file is told at the start, not at the first request

    def add_checkpoint(self, body: bytes) -> Answer:
        """Cosign a checkpoint that goes on from the last one.

        The new checkpoint is durable before there is an answer.

        Raises:
            Unusable: the disk failed; whether the checkpoint is kept shows at the next request.
        """
        try:
            request = Request.parse(body)
            signatures = self._signatures(request)
            with self._turns[request.checkpoint.origin]:
                return self._add(request, signatures)
        except Malformed as fault:
            return Answer(HTTPStatus.BAD_REQUEST, f"{fault}\n")
        except Refused as refused:
            return refused.answer

    def checkpoint(self, named: str) -> Answer:
        """The last checkpoint that was cosigned for a log, by the hash of its origin."""
        origin = next((origin for origin in self._logs if origin_hash(origin) == named), None)
        note = None if origin is None else self._store.latest(origin)
        if note is None:
            return Answer(HTTPStatus.NOT_FOUND, "Nothing was cosigned for this log.\n")
        return Answer(HTTPStatus.OK, bytes(note).decode())

    def _signatures(self, request: Request) -> tuple[Signature, ...]:
        """The log's own signatures, verified; all others are ignored."""
        origin = request.checkpoint.origin
        trusted = self._logs.get(origin)
        if trusted is None:
            raise Refused(HTTPStatus.NOT_FOUND, "This witness does not know this log.")
        found = []
        for signature in request.note.signatures:
            for key in trusted:
                if key.has_made(signature):
                    _check(key, request.note.text, signature)
                    found.append(signature)
        if not found:
            raise Refused(HTTPStatus.FORBIDDEN, "None of the log's keys has signed this.")
        return tuple(found)

    def _add(self, request: Request, signatures: tuple[Signature, ...]) -> Answer:
        checkpoint = request.checkpoint
        if request.old_size > checkpoint.size:
            raise Refused(HTTPStatus.BAD_REQUEST, "The old size is larger than the checkpoint's.")
        signed = Note(request.note.text, signatures)
        kept = self._store.latest(checkpoint.origin)
        latest = None if kept is None else Checkpoint.parse(kept.text)
        if kept and latest and latest.size == checkpoint.size and latest.root != checkpoint.root:
            self._accuse(Offence.FORK, kept, signed)
        size = 0 if latest is None else latest.size
        if request.old_size != size:
            raise Refused(HTTPStatus.CONFLICT, str(size), content_type=SIZE)
        try:
            _check_growth(latest, request)
        except Untrusted as fault:
            if kept and latest and latest.size < checkpoint.size:
                self._accuse(Offence.MISMATCH, kept, signed)
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(fault)) from None
        seconds = self._clock()
        made = [key.sign(request.note.text, seconds=seconds) for key in self._keys]
        # From here on a crash leaves the checkpoint kept and no answer: the log asks again with this size.
        self._store.keep(checkpoint.origin, signed.with_signatures(made))
        return Answer(HTTPStatus.OK, "".join(each.line() for each in made))

    def _accuse(self, offence: Offence, kept: Note, signed: Note) -> None:
        keys = self._logs[Checkpoint.parse(signed.text).origin]
        key = next((key for key in keys if any(key.has_made(each) for each in kept.signatures)), None)
        if key is None or not any(key.has_made(each) for each in signed.signatures):
            return  # signed by two keys of one log: no single key can be held to it
        evidence = Evidence(
            offence=offence,
            key=key,
            first=kept,
            second=signed,
            testimony="A witness was asked to cosign both; nothing showed that one goes on from the other.",
            found_seconds=self._clock(),
        )
        self._store.accuse(Checkpoint.parse(signed.text).origin, evidence)


def _check(key: VerifierKey, text: str, signature: Signature) -> None:
    try:
        key.check(text, signature)
    except Untrusted as fault:
        raise Refused(HTTPStatus.FORBIDDEN, str(fault)) from None


def _check_growth(latest: Checkpoint | None, request: Request) -> None:
    """Raises ``Untrusted`` when the checkpoint does not go on from the latest one, whose size was named."""
    checkpoint = request.checkpoint
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise Untrusted("An empty log has another root.")
    if latest is None or latest.size == 0:
        if request.proof:
            raise Untrusted("From an empty log there is nothing to prove.")
        return
    heads = (latest.size, latest.root), (checkpoint.size, checkpoint.root)
    check_consistency(*heads, request.proof)
