"""Two thousand broken files through everything up to a first rung: no death, no leak, bounded time."""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]  # it ships no types
from bench.figure import Figure, report
from bench.media.fuzz_run import FuzzRun, children, fuzz

COUNT = 2000
SLOWEST_BAR_SECONDS = 30
_SOURCES = ("-f", "lavfi", "-i", "testsrc2=size=480x480:rate=30", "-f", "lavfi", "-i", "sine=frequency=330")
_H264 = ("-c:v", "libx264", "-preset", "veryfast", "-g", "15", "-bf", "2", "-c:a", "aac")
_KINDS = {
    "phone.mp4": _H264,
    "phone.mov": (*_H264, "-movflags", "+faststart"),
    "fragments.mp4": (*_H264, "-movflags", "+frag_keyframe+empty_moov"),
    "editor.mkv": _H264,
    "hevc.mp4": ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error", "-c:a", "aac"),
    "browser.webm": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"),
}


def film(folder: Path) -> list[bytes]:
    """A good file of every kind, half a second each."""
    found = []
    for name, codecs in _KINDS.items():
        path = folder / name
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", *_SOURCES, "-t", "0.5"]
        command += ["-pix_fmt", "yuv420p", *codecs, str(path)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own program and arguments
        found.append(path.read_bytes())
    return found


def figures(run: FuzzRun, left: int, count: int) -> list[Figure]:
    ends = ", ".join(f"{code} {number}" for code, number in run.ends.most_common(6))
    return [
        Figure(name="media.hostile-inputs", values=(count,), unit="files", note=ends),
        Figure(name="media.hostile-faults", values=(len(run.faults),), unit="files", bar=0),
        Figure(name="media.hostile-leaks", values=(len(run.leaks) + left,), unit="files", bar=0),
        Figure(
            name="media.hostile-slowest",
            values=(run.slowest_seconds,),
            unit="s",
            bar=SLOWEST_BAR_SECONDS,
            note="for one file, two at a time",
        ),
    ]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as place:
        folder = Path(place)
        run = asyncio.run(fuzz(film(folder), range(count), folder))
    for fault in run.faults:
        sys.stdout.write(f"{fault}\n")
    report(*figures(run, len(children()), count))


if __name__ == "__main__":
    main()
