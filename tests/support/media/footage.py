"""Source files for tests, made by the real ffmpeg: whole ones of every kind, and broken ones.

Every function returns the path of a file that is made once per test run and must not be changed. Processes of
one run share the files; they go away as pytest's temporary folders do.
"""

import contextlib
import fcntl
import hashlib
import inspect
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import cache, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import imageio_ffmpeg  # type: ignore[import-untyped]  # it ships no types

# Real footage beside the repository, where a developer has some; tests that want it skip otherwise.
SHARED = Path(__file__).resolve().parents[4] / "shared" / "media"
VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-pix_fmt", "yuv420p")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
# Sound that is encoded anew, and the picture with it.
MP3 = ("-c:a", "libmp3lame")
# Colours in such detail that players do not take the picture as it is, so it is encoded first.
FINE = (*H264[:4], "-pix_fmt", "yuv422p")
# As phones write it: High profile, B-frames, and a keyframe each second.
_HIGH = (*H264, "-profile:v", "high", "-coder", "cabac", "-8x8dct", "1")
PHONE = (*_HIGH, "-bf", "2", "-g", "30")
# A red band marks the top, so that a test can see which way up a frame is.
_MARKED = "testsrc2=size={size}:rate={rate},drawbox=x=0:y=0:w=iw:h=ih/4:color=red:t=fill"
# White and loud from 1.0 s to 1.2 s, black and silent otherwise.
_CLAP_PICTURE = "color=black:size={size}:rate={rate},drawbox=color=white:t=fill:enable='between(t,0.999,1.2)'"
_CLAP_SOUND = "aevalsrc='if(between(t,1,1.2),0.8*sin(2*PI*880*t),0)':s=48000"


P = ParamSpec("P")
# Where the files are that the processes of a test run share; see ``share``.
_shared: list[Path] = []
_kept: list[tempfile.TemporaryDirectory[str]] = []


@cache
def folder() -> Path:
    """Return a folder of this process alone, removed at exit."""
    made = tempfile.TemporaryDirectory(prefix="reelm-footage-")
    _kept.append(made)
    return Path(made.name)


def share(inside: Path) -> None:
    """Keep the files in a folder that all processes of a test run have in common."""
    inside.mkdir(exist_ok=True)
    _shared[:] = [inside]


def made_once(make: Callable[Concatenate[Path, P], Path]) -> Callable[P, Path]:
    """Return ``make`` without its first parameter, which is an empty folder for each set of arguments.

    It is called once in a test run for the same arguments, whichever process asks first.
    """
    signature = inspect.signature(make)
    known: dict[str, Path] = {}

    @wraps(make)
    def found(*args: P.args, **kwargs: P.kwargs) -> Path:
        given = signature.bind(Path(), *args, **kwargs)
        given.apply_defaults()
        key = hashlib.sha256(repr((make.__module__, make.__qualname__, given)).encode()).hexdigest()
        if key not in known:
            into = (_shared[0] if _shared else folder()) / key[:16]
            with _locked(into.with_suffix(".lock")):
                name = into.with_suffix(".name")
                if not name.exists():
                    shutil.rmtree(into, ignore_errors=True)  # what a failed try left
                    into.mkdir()
                    name.write_text(make(into, *args, **kwargs).name, encoding="utf-8")
            known[key] = into / name.read_text(encoding="utf-8")
        return known[key]

    return found


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def ffmpeg(*arguments: str) -> None:
    program = imageio_ffmpeg.get_ffmpeg_exe()
    command = [program, "-nostdin", "-hide_banner", "-loglevel", "error", "-y", *arguments]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own program and arguments


@made_once
def clip(
    into: Path,
    *,
    name: str = "clip.mp4",
    size: str = "128x228",
    rate: str = "30",
    seconds: float = 1.5,
    video: tuple[str, ...] = H264,
    audio: tuple[str, ...] | None = ("-c:a", "aac"),
    extra: tuple[str, ...] = (),
) -> Path:
    """A marked moving picture with a tone; ``name`` decides the container by its ending."""
    path = into / name
    sources = ["-f", "lavfi", "-i", _MARKED.format(size=size, rate=rate)]
    if audio is not None:
        sources += ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
    ffmpeg(*sources, "-t", str(seconds), *video, *(audio or ()), *extra, str(path))
    return path


@made_once
def clap(
    into: Path,
    *,
    name: str = "clap.mp4",
    size: str = "128x228",
    rate: str = "30",
    video: tuple[str, ...] = H264,
    audio: tuple[str, ...] = ("-c:a", "aac"),
) -> Path:
    """Two seconds in which light and sound start together at 1.0 s."""
    path = into / name
    picture = _CLAP_PICTURE.format(size=size, rate=rate)
    sources = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", _CLAP_SOUND)
    ffmpeg(*sources, "-t", "2", *video, *audio, str(path))
    return path


@made_once
def rotated(into: Path, degrees: int, *, size: str = "128x228", lying: str = "228x128") -> Path:
    """A landscape picture to be turned ``degrees`` clockwise by the player; then its top is red."""
    upright = clip(name="upright.mp4", size=lying if degrees in {0, 180} else size)
    turn = {0: "null", 90: "transpose=cclock", 180: "hflip,vflip", 270: "transpose=clock"}[degrees]
    turned, path = into / "turned.mp4", into / "rotated.mp4"
    ffmpeg("-i", str(upright), "-vf", turn, *H264, "-c:a", "copy", str(turned))
    ffmpeg("-display_rotation", str(-degrees), "-i", str(turned), "-c", "copy", str(path))
    return path


@made_once
def high_dynamic_range(into: Path) -> Path:
    """A grey card as a phone films it in HLG: 38 % of the signal, 10 bits, BT.2020."""
    grey = f"geq=lum={64 + round(876 * 0.38)}:cb=512:cr=512"
    tags = "setparams=color_primaries=bt2020:color_trc=arib-std-b67:colorspace=bt2020nc:range=tv"
    path = into / "hlg.mov"
    source = f"color=black:size=128x228:rate=30,format=yuv420p10le,{grey},{tags}"
    codec = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error", "-tag:v", "hvc1")
    ffmpeg("-f", "lavfi", "-i", source, "-t", "1", *codec, str(path))
    return path


@made_once
def variable_rate(into: Path) -> Path:
    """A WebM whose frames come at uneven moments, as a browser records."""
    path = into / "variable.webm"
    uneven = (
        _MARKED.format(size="128x228", rate="30") + ",select='not(mod(n,7)*mod(n,5)*mod(n+1,11))+lt(n,30)'"
    )
    codec = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-fps_mode", "vfr", "-live", "1")
    ffmpeg("-f", "lavfi", "-i", uneven, "-t", "2", *codec, str(path))
    return path


@made_once
def audio_only(into: Path) -> Path:
    path = into / "audio.mp4"
    ffmpeg("-f", "lavfi", "-i", "sine=frequency=440", "-t", "1", "-c:a", "aac", str(path))
    return path


@made_once
def picture(into: Path) -> Path:
    """A still picture under a video's name."""
    path = into / "still.png"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x240", "-frames:v", "1", str(path))
    return _write(into / "still.mp4", path.read_bytes())


@made_once
def with_cover(into: Path) -> Path:
    """Music with a cover, as players store it: the only picture is attached."""
    path = into / "cover.m4a"
    attached = ("-map", "0", "-map", "1", "-c", "copy", "-disposition:v:0", "attached_pic")
    still = into / "still.png"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x240", "-frames:v", "1", str(still))
    ffmpeg("-i", str(audio_only()), "-i", str(still), *attached, str(path))
    return path


@made_once
def no_frames(into: Path) -> Path:
    """A correct header and index of a picture track that holds nothing."""
    whole = clip(name="fragments.mp4", audio=None, extra=("-movflags", "+frag_keyframe+empty_moov"))
    data = whole.read_bytes()
    return _write(into / "no-frames.mp4", data[: data.index(b"moof") - 4])


@made_once
def claims_8k(into: Path) -> Path:
    """A small file whose header promises a picture that would take gigabytes."""
    path = into / "8k.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=size=7680x4320:rate=1", "-frames:v", "1", *H264, str(path))
    return path


@made_once
def many_tracks(into: Path) -> Path:
    path = into / "many.mkv"
    ffmpeg("-i", str(clip()), "-map", "0:v", *["-map", "0:a"] * 30, "-c", "copy", str(path))
    return path


@made_once
def long_sound(into: Path) -> Path:
    """A second of picture and two seconds of sound."""
    path = into / "long-sound.mp4"
    quiet, tone = (
        ("-t", "1", "-i", str(clip(audio=None))),
        ("-f", "lavfi", "-t", "2", "-i", "sine=frequency=330"),
    )
    ffmpeg(*quiet, *tone, "-c:v", "copy", "-c:a", "aac", str(path))
    return path


@cache
def with_metadata() -> Path:
    """A clip that says where and by whom it was taken, as phones do."""
    where = ("-metadata", "location=+52.5200+013.4050/", "-metadata", "artist=Mara Private")
    path = clip(name="where.mov", extra=where)
    if not all(part in path.read_bytes() for part in (b"52.52", b"Mara Private")):
        raise AssertionError("the muxer dropped the metadata that the test is about")
    return path


@made_once
def empty(into: Path) -> Path:
    return _write(into / "empty.mp4", b"")


@made_once
def text(into: Path) -> Path:
    return _write(into / "text.mp4", b"This is a letter, not a video.\n" * 200)


@made_once
def noise(into: Path) -> Path:
    """Bytes of no format at all, the same each time."""
    return _write(into / "noise.mp4", bytes((n * 7919 + n // 13) % 251 for n in range(50_000)))


@made_once
def playlist(into: Path) -> Path:
    """A playlist that would make a careless reader fetch another address."""
    lines = ("#EXTM3U", "#EXT-X-TARGETDURATION:1", "#EXTINF:1,", "http://127.0.0.1:9/x.ts", "#EXT-X-ENDLIST")
    return _write(into / "list.mp4", "\n".join(lines).encode())


@made_once
def cut(into: Path, *, name: str = "clip.mp4", index_first: bool = True, ratio: float = 0.6) -> Path:
    """A file of which only the first part is there."""
    options: dict[str, Any] = {"video": VP9, "audio": ("-c:a", "libopus")} if name.endswith(".webm") else {}
    extra = ("-movflags", "+faststart") if index_first and name.endswith(".mp4") else ()
    whole = clip(name=name, seconds=3.0, extra=extra, **options)
    data = whole.read_bytes()
    return _write(into / f"cut-{index_first}-{ratio}-{name}", data[: int(len(data) * ratio)])


@made_once
def hollow(into: Path) -> Path:
    """The right length, but the second half is zeros, as after a broken download."""
    whole = clip(name="hollow.mp4", seconds=3.0, extra=("-movflags", "+faststart", "-g", "15"))
    data = whole.read_bytes()
    half = len(data) // 2
    return _write(into / "hollow-zeros.mp4", data[:half] + bytes(len(data) - half))


@made_once
def scrambled(into: Path) -> Path:
    """A correct index over a picture that is noise from the first byte."""
    whole = clip(name="scrambled.mp4", seconds=1.0, audio=None, extra=("-movflags", "+faststart"))
    data = bytearray(whole.read_bytes())
    start = data.find(b"mdat") + 4
    data[start:] = bytes((n * 31 + 7) % 256 for n in range(len(data) - start))
    return _write(into / "scrambled-noise.mp4", bytes(data))


@made_once
def renamed(into: Path, name: str) -> Path:
    """A good MP4 under another file's ending."""
    path = into / name
    shutil.copyfile(clip(), path)
    return path


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
