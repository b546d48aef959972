"""``python -m bench.run [AREA ...]``: run the scripts and rewrite docs/reference/figures.md."""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.figure import FIGURES_VARIABLE, Figure, rounded

FOLDER = Path(__file__).parent
PAGE = FOLDER.parent / "docs" / "reference" / "figures.md"
_FRAME = {"figure", "run", "schedules", "__init__"}
_INTRODUCTION = """\
# Figures

Measured by the scripts in `bench/`, each against a bar and, where there is one, a peer or a physical limit
in the same run. `./reelm bench [AREA]` measures again and rewrites the sections it ran. A figure is the
median of its repeats.
"""


def scripts(areas: Sequence[str]) -> dict[str, list[str]]:
    """Area -> the names of its scripts, for the areas asked for, or all."""
    found: dict[str, list[str]] = {}
    for path in sorted(FOLDER.glob("*.py")):
        area = path.stem.partition("_")[0]
        if path.stem not in _FRAME and (not areas or area in areas):
            found.setdefault(area, []).append(path.stem)
    return found


def measure(script: str, into: Path) -> int:
    """Run one script with the terminal as its own; its exit code."""
    environment = {**os.environ, FIGURES_VARIABLE: str(into)}
    command = [sys.executable, "-m", f"bench.{script}"]
    return subprocess.run(command, cwd=FOLDER.parent, env=environment, check=False).returncode  # noqa: S603 - ours


def machine() -> str:
    """Processor, cores, memory, system: what a figure depends on."""
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    cores = os.cpu_count()
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{_processor()}, {cores} cores, {memory_bytes / 2**30:.0f} GiB memory, {system}"


def section(area: str, figures: Iterable[Figure], *, at: datetime, where: str) -> str:
    """The part of the page that one area owns."""
    lines = [f"## {area}", "", f"{at:%Y-%m-%d %H:%M} UTC on {where}.", ""]
    lines += ["| figure | value | bar | | repeats | spread | |", "|---|---|---|---|---|---|---|"]
    for figure in figures:
        low, high = figure.spread
        lines.append(
            f"| `{figure.name}` | {rounded(figure.value)} {figure.unit} | {figure.promise} "
            f"| {'met' if figure.is_met else '**short**'} | {len(figure.values)} "
            f"| {rounded(low)}-{rounded(high)} | {figure.note} |"
        )
    return "\n".join(lines)


def merged(page: str, sections: dict[str, str]) -> str:
    """The page with these sections in place of their older ones, in the order of their names."""
    kept = {}
    for text in page.split("\n## ")[1:]:
        kept[text.partition("\n")[0].strip()] = f"## {text.rstrip()}"
    kept |= sections
    return "\n".join([_INTRODUCTION, *(f"{kept[area]}\n" for area in sorted(kept))])


def main(areas: Sequence[str]) -> int:
    chosen = scripts(areas)
    if unknown := [area for area in areas if area not in chosen]:
        known = ", ".join(scripts(())) or "none yet"
        sys.stderr.write(f"There is no area {unknown[0]!r} in bench/. Areas: {known}\n")
        return 2
    sections, codes = {}, []
    for area, names in chosen.items():
        with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
            into = Path(folder, "figures.jsonl")
            codes += [measure(name, into) for name in names]
            lines = into.read_text(encoding="utf-8").splitlines() if into.exists() else []
        figures = [Figure(**{**(raw := json.loads(line)), "values": tuple(raw["values"])}) for line in lines]
        now = datetime.now(UTC)  # noqa: TID251 - the date on the page
        sections[area] = section(area, figures, at=now, where=machine())
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(merged(page, sections), encoding="utf-8")
    return 1 if any(codes) else 0


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
