"""Make a sample clip's source file."""

import asyncio
from pathlib import Path

from reelm.app import SampleFailed
from reelm.media.ffmpeg import find_ffmpeg
from reelm_demo.clips import Recipe
from reelm_demo.sound import play


def graph(recipe: Recipe) -> str:
    """The whole filter graph of a recipe, with the outputs ``[picture]`` and ``[sound]``."""
    scene, music = recipe.scene(), play(recipe.tune, seconds=recipe.seconds)
    heard = "asplit[s][sound]" if "[s]" in scene else "anull[sound]"
    return f"{music},{heard};{scene}[picture]"


async def render(recipe: Recipe, into: Path) -> Path:
    """Make a sample source as ``into/NAME.mp4``; one that is there already is kept, half a file never is.

    Raises:
        SampleFailed: ffmpeg refused the recipe, or the disk is full.
    """
    path, part = into / f"{recipe.name}.mp4", into / f"{recipe.name}.part"
    if await asyncio.to_thread(path.is_file):
        return path
    await asyncio.to_thread(into.mkdir, parents=True, exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        str(await find_ffmpeg()),
        *("-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-filter_complex", graph(recipe)),
        *("-map", "[picture]", "-map", "[sound]", "-t", str(recipe.seconds)),
        *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "17", "-g", "60", "-c:a", "aac", "-b:a", "128k"),
        *("-f", "mp4", f"file:{part}"),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, complaint = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        part.unlink(missing_ok=True)
        raise
    if process.returncode != 0:
        part.unlink(missing_ok=True)
        problem = SampleFailed(f"The sample clip {recipe.name} could not be made. Start the demo again.")
        problem.add_note(complaint.decode("utf-8", "replace")[-500:])
        raise problem
    return part.replace(path)
