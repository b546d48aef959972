"""A phone's clip, made by the real ffmpeg."""

import subprocess
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]  # it ships no types

from reelm.media import Media, Plan, plan

SECONDS = 15
NOISY = "testsrc2=size=1080x1920:rate=30,noise=alls=12:allf=t"
DRAWN = "testsrc2=size=1080x1920:rate=30"
MANIFOLD = "mandelbrot=size=1080x1920:rate=30"
# What a phone writes: High, a keyframe each second, no B-frames, about 17 Mbit/s.
_CODEC = ("-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "high", "-x264-params", "cabac=1:8x8dct=1")
_RATE = ("-b:v", "17M", "-maxrate", "20M", "-bufsize", "20M", "-bf", "0", "-pix_fmt", "yuv420p")
# A keyframe each second, as phones write them; and so few that players do not take the picture as it is.
GROUP, FAR = 30, 150


def film(
    path: Path, *, sound: str = "aac", picture: str = NOISY, seconds: int = SECONDS, group: int = GROUP
) -> Path:
    """An upright ``picture`` with a keyframe each ``group`` frames.

    ``sound`` names an encoder; players take only AAC as it is, and other sound is encoded beside the picture.
    """
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-y"]
    command += ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000"]
    command += ["-t", str(seconds), *_CODEC, *_RATE, "-g", str(group), "-c:a", sound, str(path)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own program and arguments
    return path


async def sampled(source: Path, media: Media) -> Plan:
    """What would be made of it, with the rate factors that it would get."""
    probe = await media.probe(source)
    return plan(replace(probe, sample=await media.sample(source, plan(probe))))
