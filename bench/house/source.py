"""Source files for measurements, made by the real ffmpeg."""

import subprocess
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]  # it ships no types

_PICTURE = "testsrc2=size={size}:rate=30,noise=alls={noise}:allf=t,hue=h={turn}"


def make(path: Path, *, size: str, seconds: float, noise: int = 0, turn: int = 0) -> Path:
    """An upright clip with a tone. ``noise`` (0 to 100) makes it as hard to encode as footage by hand."""
    picture = _PICTURE.format(size=size, noise=noise, turn=turn)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-y"]
    command += ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000"]
    command += ["-t", str(seconds), "-c:v", "libx264", "-preset", "ultrafast", "-crf", "20"]
    command += ["-pix_fmt", "yuv420p", "-c:a", "aac", str(path)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own program and arguments
    return path
