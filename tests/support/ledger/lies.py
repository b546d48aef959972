"""What a realm can do to a sound log: to its files, its entries, its signatures and its witnesses."""

from collections.abc import Callable
from pathlib import Path

from reelm_audit.tlog import base64
from reelm_audit.tlog.keys import Kind
from reelm_audit.tlog.note import Note, Signature
from reelm_audit.tlog.tiles import cut_bundle, join_bundle
from support.ledger.logs import START, SomeLog, dated, leaf, signer

SIZE = 700
NOW = START + 3600
DAY = 86_400


def sound(folder: Path) -> SomeLog:
    """Two witnesses whose signatures a browser can check, and that must both agree."""
    log = SomeLog(
        folder,
        [leaf(number) for number in range(SIZE)],
        signer("reelm.example/ledger", 1, Kind.ED25519),
        (signer("one.example/w", 11), signer("two.example/w", 12)),
    )
    log.publish()
    return log


def again(change: Callable[[SomeLog], object], *, seconds: int = NOW) -> Callable[[SomeLog], None]:
    """The operator changes the entries, and everybody signs."""

    def lie(log: SomeLog) -> None:
        change(log)
        log.publish(seconds=seconds)

    return lie


def file(name: str, change: Callable[[bytes], bytes | None]) -> Callable[[SomeLog], None]:
    """A file is not what was signed; None removes it."""

    def lie(log: SomeLog) -> None:
        log.publish(seconds=NOW)
        path = log.folder / name
        raw = change(path.read_bytes() if path.is_file() else b"")
        path.unlink(missing_ok=True)
        if raw is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)

    return lie


def gone(_raw: bytes) -> None:
    return None


def swapped(raw: bytes) -> bytes:
    entries = cut_bundle(raw, 256)
    entries[3], entries[9] = entries[9], entries[3]
    return join_bundle(entries)


def turned(raw: bytes) -> bytes:
    return raw[32:64] + raw[:32] + raw[64:]


def put(at: int, entry: bytes) -> Callable[[SomeLog], None]:
    return again(lambda log: log.entries.__setitem__(at, entry))


def redated(at: int, seconds: int) -> Callable[[SomeLog], None]:
    value = leaf(at)
    start = value.index(b'"time":"') + 8
    return put(at, value[:start] + dated(seconds).encode() + value[start + 24 :])


def entries(made: Callable[[SomeLog], list[bytes]]) -> Callable[[SomeLog], None]:
    return again(lambda log: log.entries.__setitem__(slice(None), made(log)))


def grown(log: SomeLog) -> list[bytes]:
    return [leaf(number) for number in range(SIZE, SIZE + 100)]


def note(log: SomeLog, text: str, *, cosigned: bool = True) -> bytes:
    cosigners = [each.sign(text, seconds=NOW) for each in log.witnesses] if cosigned else []
    return bytes(Note(text, (log.key.sign(text), *cosigners)))


def signed(text_of: Callable[[SomeLog], str]) -> Callable[[SomeLog], None]:
    """The log's checkpoints say something else."""

    def lie(log: SomeLog) -> None:
        log.publish(seconds=NOW)
        for name in ("checkpoint", "checkpoint.cosigned"):
            (log.folder / name).write_bytes(note(log, text_of(log)))

    return lie


def claiming(size: int) -> Callable[[SomeLog], None]:
    return signed(lambda log: f"{log.key.name}\n{size}\n{base64.encode(bytes(32))}\n")


def stranger(log: SomeLog) -> None:
    log.publish(seconds=NOW)
    forged = log.note(key=signer(log.key.name, 99, Kind.ED25519))
    (log.folder / "checkpoint").write_bytes(bytes(forged))


def rekeyed(log: SomeLog) -> None:
    log.key = signer(log.key.name, 99, Kind.ED25519)
    log.publish(seconds=NOW)


def offering_another_key(log: SomeLog) -> None:
    log.publish(seconds=NOW)
    other = signer(log.key.name, 99, Kind.ED25519).verifier
    policy = (log.folder / "policy").read_text().replace(str(log.key.verifier), str(other))
    (log.folder / "policy").write_text(policy)


def cosigned(made: Callable[[SomeLog, list[Signature]], list[Signature]]) -> Callable[[SomeLog], None]:
    """Other signatures below the checkpoint that witnesses should have signed."""

    def lie(log: SomeLog) -> None:
        log.publish(seconds=NOW)
        note = log.note(seconds=NOW)
        bent = Note(note.text, (note.signatures[0], *made(log, list(note.signatures[1:]))))
        (log.folder / "checkpoint.cosigned").write_bytes(bytes(bent))

    return lie


def forged(log: SomeLog, true: list[Signature]) -> list[Signature]:
    false = signer("one.example/w", 77).sign(log.note().text, seconds=NOW)
    return [Signature(true[0].name, true[0].key_id, false.signature), true[1]]


def redated_cosignature(_log: SomeLog, true: list[Signature]) -> list[Signature]:
    bent = (NOW + 9).to_bytes(8, "big") + true[0].signature[8:]
    return [Signature(true[0].name, true[0].key_id, bent), true[1]]


def of_a_shorter_log(log: SomeLog, _true: list[Signature]) -> list[Signature]:
    return list(log.note(600, seconds=NOW).signatures[1:])


def two_histories(log: SomeLog) -> None:
    """Witnesses saw one, and visitors are shown another."""
    seen = bytes(log.note(seconds=NOW))
    log.entries[100] = leaf(9_999)
    log.publish(seconds=NOW)
    (log.folder / "checkpoint.cosigned").write_bytes(seen)


def asking(*names: str, address: str = "") -> Callable[[SomeLog], None]:
    """Other witnesses, who all cosign."""

    def lie(log: SomeLog) -> None:
        log.witnesses = tuple(signer(name, 30 + at) for at, name in enumerate(names))
        log.publish(seconds=NOW)
        if address:
            policy = (log.folder / "policy").read_text().splitlines()
            lines = [f"{line} {address}" if line.startswith("witness") else line for line in policy]
            (log.folder / "policy").write_text("\n".join([*lines, ""]))

    return lie


def fewer(log: SomeLog) -> None:
    log.witnesses = log.witnesses[:1]
    log.publish(seconds=NOW)


def more(log: SomeLog) -> None:
    log.witnesses = (*log.witnesses, signer("three.example/w", 13))
    log.publish(seconds=NOW)


def nobody(log: SomeLog) -> None:
    log.witnesses = ()
    log.publish(seconds=NOW)


def quantum(log: SomeLog) -> None:
    log.witnesses = (*log.witnesses, signer("three.example/w", 13, Kind.ML_DSA_44_COSIGNATURE))
    log.publish(seconds=NOW)


def any_is_enough(raw: bytes) -> bytes:
    return raw.replace(b"group both all", b"group both any")


def declared(log: SomeLog, days: int) -> None:
    value = {"digest": "0" * 64, "retention_days": days, "version": 1}
    log.entries[600] = leaf(600, "manifest.publish", value)


def pruned(
    *, days: int = 0, count: int = 1, with_index: bool = True, seconds: int = NOW
) -> Callable[[SomeLog], None]:
    def lie(log: SomeLog) -> None:
        if days:
            declared(log, days)
        log.publish(seconds=seconds)
        for number in range(count):
            (log.folder / "tile" / "entries" / f"{number:03d}").unlink()
        if with_index:
            (log.folder / "minimum-index").write_text(f"{256 * count}\n")

    return lie


def dated_before(log: SomeLog) -> None:
    """An entry that was not there at the audit has a date of more than an hour before it."""
    value = leaf(SIZE)
    start = value.index(b'"time":"') + 8
    log.entries.append(value[:start] + dated(START - 4_400).encode() + value[start + 24 :])
    log.publish(seconds=NOW)


def tile_of_pruned(log: SomeLog) -> None:
    pruned(days=1, seconds=NOW + 2 * DAY)(log)
    (log.folder / "tile" / "0" / "000").unlink()
