"""What the people of the test realm film: short upright clips with sound, each of its own look."""

from functools import cache
from pathlib import Path

from support.media import footage

_SIZE, _SECONDS = "540x960", "6"
_GRADIENT = "gradients=size={size}:rate=30:nb_colors=3:speed=0.03"
_LOOKS = {
    "dawn": f"{_GRADIENT}:c0=0x1b2a6b:c1=0xff8a5b:c2=0xffd08a:seed=3",
    "tide": f"{_GRADIENT}:c0=0x03324b:c1=0x2bb6a8:c2=0xd8fff2:seed=7",
    "ember": f"{_GRADIENT}:c0=0x2b0a12:c1=0xc62839:c2=0xffb35c:seed=11",
    "moss": f"{_GRADIENT}:c0=0x0e2414:c1=0x5f8f3e:c2=0xe4e7a1:seed=5",
    "grid": "testsrc2=size={size}:rate=30",
}
_RED_TOP = "testsrc2=size=540x960:rate=30,drawbox=x=0:y=0:w=iw:h=ih/4:color=red:t=fill"


def looks() -> list[str]:
    return list(_LOOKS)


@cache
def upright(look: str) -> Path:
    """Six seconds, 540 by 960, H.264 and AAC."""
    path = footage.folder() / f"e2e-{look}.mp4"
    picture, pitch = _LOOKS[look].format(size=_SIZE), 220 + 40 * looks().index(look)
    sources = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", f"sine=frequency={pitch}:sample_rate=48000")
    footage.ffmpeg(*sources, "-t", _SECONDS, *footage.H264, "-c:a", "aac", str(path))
    return path


@cache
def rotated() -> Path:
    """As a phone held upright stores it: lying pixels, and a note to turn them. Its top is red."""
    turned, path = footage.folder() / "e2e-lying.mp4", footage.folder() / "e2e-rotated.mp4"
    sources = ("-f", "lavfi", "-i", f"{_RED_TOP},transpose=cclock", "-f", "lavfi", "-i", "sine=frequency=523")
    footage.ffmpeg(*sources, "-t", _SECONDS, *footage.H264, "-c:a", "aac", str(turned))
    footage.ffmpeg("-display_rotation", "-90", "-i", str(turned), "-c", "copy", str(path))
    return path


@cache
def plain(seconds: int) -> Path:
    """Larger than its rungs and playable as it is; hardly anything moves, so it is quick to make."""
    path = footage.folder() / f"e2e-plain-{seconds}.mp4"
    picture = (
        "color=0x03324b:size=800x1422:rate=24,drawbox=x='mod(t*170,iw)':y=ih/2:w=80:h=80:color=white:t=fill"
    )
    sources = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=frequency=392:sample_rate=48000")
    footage.ffmpeg(*sources, "-t", str(seconds), *footage.H264, "-g", "24", "-c:a", "aac", str(path))
    return path


@cache
def not_a_video() -> Path:
    path = footage.folder() / "e2e-letter.mp4"
    path.write_text("Dear reader, this is a letter under a wrong name.\n" * 40, encoding="utf-8")
    return path


@cache
def sound_only() -> Path:
    """An MP4 without a picture: the browser cannot tell, the realm can."""
    path = footage.folder() / "e2e-sound.mp4"
    footage.ffmpeg("-f", "lavfi", "-i", "sine=frequency=440", "-t", "2", "-c:a", "aac", str(path))
    return path
