"""One published figure: a script measures, compares with its bar, prints one line and says whether it is met.

A script ``bench/AREA_what.py`` ends with ``report(Figure(...), ...)``. Run it alone with
``python -m bench.AREA_what`` or all of an area with ``./reelm bench AREA``, which also rewrites
docs/reference/figures.md.
"""

import json
import os
import statistics
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, NoReturn

FIGURES_VARIABLE = "REELM_FIGURES"
_SIGNS = {"at most": "≤", "at least": "≥"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What was measured.

    Attributes:
        name: ``area.what-in-words``.
        values: one per repeat, in ``unit``; the figure is their median.
        bar: what was promised, in ``unit``; None for a figure that is published without a promise.
        direction: on which side of the bar it has to be.
        note: what bounds it, or what it was compared with in the same run.
    """

    name: str
    values: tuple[float, ...]
    unit: str
    bar: float | None = None
    direction: Literal["at most", "at least"] = "at most"
    note: str = ""

    @property
    def value(self) -> float:
        return statistics.median(self.values)

    @property
    def is_met(self) -> bool:
        if self.bar is None:
            return True
        return self.value <= self.bar if self.direction == "at most" else self.value >= self.bar

    @property
    def spread(self) -> tuple[float, float]:
        """The smallest and the largest repeat."""
        return min(self.values), max(self.values)

    @property
    def promise(self) -> str:
        return "none" if self.bar is None else f"{_SIGNS[self.direction]} {rounded(self.bar)}"

    def line(self) -> str:
        """``NAME  VALUE UNIT  bar BAR  met|short``."""
        verdict = "met" if self.is_met else "short"
        return f"{self.name}  {rounded(self.value)} {self.unit}  bar {self.promise}  {verdict}"


def rounded(value: float) -> str:
    """Three significant digits, no exponent: 0.0123, 4.56, 789, 12,300."""
    if value == 0:
        return "0"
    digits = max(0, 2 - int(f"{value:e}".partition("e")[2]))
    return f"{value:,.{digits}f}" if digits else f"{float(f'{value:.3g}'):,.0f}"


def report(*figures: Figure) -> NoReturn:
    """Print the lines, hand the figures to whoever asked for them, end with 1 when any falls short."""
    for figure in figures:
        sys.stdout.write(f"{figure.line()}\n")
    sys.stdout.flush()
    wanted = os.environ.get(FIGURES_VARIABLE)
    if wanted:
        with Path(wanted).open("a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(asdict(figure))}\n" for figure in figures)
    sys.exit(0 if all(figure.is_met for figure in figures) else 1)
