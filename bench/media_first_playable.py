"""From the last byte of an upload to a clip that plays, on a running realm: remuxed, and encoded.

The peer in the same run is the realm's own other way: the same picture with too few keyframes. There the
first rung comes after an encoding, and the whole ladder is what a creator would wait for without rungs that
come first. Between the two is a picture that is copied, with sound that must be encoded.
"""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.figure import Figure, report
from bench.house.guest import Guest, Refused
from bench.house.realm import realm
from bench.media.footage import FAR, SECONDS, film

REMUXED_REPEATS, ENCODED_REPEATS = 7, 3
BAR_SECONDS, BAR_RATIO = 1.0, 0.35
_POLL_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds since the last byte was sent."""

    playable: float
    ladder: float


def wait(guest: Guest, source: Path) -> Wait:
    """Upload, post, and wait for a first piece, then for all rungs."""
    sent = guest.send(source)
    clip = guest.post_upload(sent.upload_id, source.stem)
    while not _plays(guest, clip):
        time.sleep(_POLL_SECONDS)
    playable = time.monotonic() - sent.last_byte_at
    guest.wait_until_done(clip)
    return Wait(playable, time.monotonic() - sent.last_byte_at)


def _plays(guest: Guest, clip: str) -> bool:
    """Whether the first piece of a first rendition is served."""
    try:
        initial, first, *_ = guest.renditions(clip)[0]
        return bool(guest.ask("GET", initial.path)) and bool(guest.ask("GET", first.path))
    except Refused:
        return False


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as place:
        folder = Path(place)
        phone, far = film(folder / "phone.mp4"), film(folder / "far.mp4", group=FAR)
        other = film(folder / "other.mp4", sound="libmp3lame")
        with realm(folder / "realm") as running:
            guest = Guest(running.port)
            guest.join("first")
            remuxed, mixed, encoded = [], [], []
            for number in range(REMUXED_REPEATS):
                remuxed.append(wait(guest, phone))
                if number < ENCODED_REPEATS:
                    mixed.append(wait(guest, other))
                    encoded.append(wait(guest, far))
        size = phone.stat().st_size
    report(*figures(remuxed, mixed, encoded, size))


def figures(remuxed: list[Wait], mixed: list[Wait], encoded: list[Wait], size: int) -> list[Figure]:
    source = (
        f"{SECONDS} s, 1080 by 1920, H.264 at {size * 8 / SECONDS / 1e6:.0f} Mbit/s; last byte to first piece"
    )
    return [
        Figure(
            name="media.first-playable-remuxed",
            values=tuple(each.playable for each in remuxed),
            unit="s",
            bar=BAR_SECONDS,
            note=source,
        ),
        Figure(
            name="media.first-playable-sound-encoded",
            values=tuple(each.playable for each in mixed),
            unit="s",
            note="the same picture, copied, with MP3 that becomes AAC",
        ),
        Figure(
            name="media.first-playable-encoded",
            values=tuple(each.playable for each in encoded),
            unit="s",
            note="the peer: the same picture with a keyframe each 5 s, so that it must be encoded",
        ),
        Figure(
            name="media.first-playable-encoded-to-ladder",
            values=tuple(each.playable / each.ladder for each in encoded),
            unit="ratio",
            bar=BAR_RATIO,
            note=f"the ladder took {max(each.ladder for each in encoded):.0f} s at most",
        ),
        Figure(
            name="media.ladder-after-remux",
            values=tuple(each.ladder for each in remuxed),
            unit="s",
            note="last byte until all rungs are there, remux path",
        ),
    ]


if __name__ == "__main__":
    main()
