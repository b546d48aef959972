"""An ffmpeg that keeps some outputs waiting, so that a test decides when they are made.

It is found before the machine's because it says that it is newer, and hands everything on to the real one.
"""

from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]  # it ships no types

_SCRIPT = """#!/bin/sh
case "$*" in
  *-version*) "{real}" "$@" | sed "1s/version n*[0-9.]*/version 999/"; exit ;;
  *{held}*) while [ ! -e "{opened}" ]; do sleep 0.1; done ;;
esac
exec "{real}" "$@"
"""


class Gate:
    """Holds every run of ffmpeg that names ``held`` until it is opened; ``tools`` goes into a PATH."""

    def __init__(self, folder: Path, *, held: str) -> None:
        self.tools = folder
        self._opened = folder / "opened"
        folder.mkdir()
        program = folder / "ffmpeg"
        program.write_text(
            _SCRIPT.format(real=imageio_ffmpeg.get_ffmpeg_exe(), held=held, opened=self._opened)
        )
        program.chmod(0o755)

    def open(self) -> None:
        self._opened.touch()

    def close(self) -> None:
        self._opened.unlink(missing_ok=True)
