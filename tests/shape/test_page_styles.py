"""Styles say start and end, not left and right, for languages that are written from right to left."""

import re
from collections.abc import Iterator

from support.machine.source import ROOT

SOURCE = ROOT / "ui" / "src"
# What is measured in the picture or turned round by a rule of its own: the file, the text, the reason.
EXCEPTIONS = {
    ("feed/Hearts.svelte", "style:left="): "where a finger was, measured from the left",
    ("feed/Preview.svelte", "translateX("): "has a rule of its own for right to left",
    ("feed/Scrubber.svelte", "transform-origin: left"): "has a rule of its own for right to left",
    ("feed/Scrubber.svelte", "transform-origin: right"): "that rule",
    ("feed/Scrubber.svelte", "translateX("): "a light that runs to and fro while nothing is known",
}
PHYSICAL = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)\b"
    r"|border-(?:top|bottom)-(?:left|right)-radius\b"
    r"|style:(?:left|right)="
    r"|(?:left|right)(?=\s*:)"
    r"|(?:text-align|float|clear|transform-origin):\s*(?:left|right)\b"
    r"|translateX\()"
    # The build would replace this by a list of languages.
    r"|:dir\("
)
STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
MARKUP = re.compile(r"style:(?:left|right)=")
FOUR = re.compile(r"(?<![\w-])(?:inset|margin|padding|border-(?:width|style|color)):([^;{}]+);")
CORNERS = re.compile(r"(?<![\w-])border-radius:([^;{}]+);")


def sides(value: str) -> list[str]:
    """Return the parts of a shorthand, where a function is one part."""
    return re.findall(r"(?:[^\s(]|\([^()]*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)[^()]*)*\))+", value)


def physical(text: str) -> Iterator[str]:
    """Yield what a style says of left and right."""
    yield from PHYSICAL.findall(text)
    for found in FOUR.finditer(text):
        parts = sides(found[1])
        if len(parts) == 4 and parts[1] != parts[3]:
            yield found[0]
    for found in CORNERS.finditer(text):
        parts = sides(found[1])
        if len(parts) > 1 and parts != [parts[0], parts[0], *parts[2:3] * 2]:
            yield found[0]


def styles() -> Iterator[tuple[str, str]]:
    """Yield each file of the page with its styles and what its markup sets of left and right."""
    for file in sorted(SOURCE.rglob("*")):
        text = file.read_text(encoding="utf-8") if file.suffix in {".css", ".svelte"} else ""
        name = file.relative_to(SOURCE).as_posix()
        if file.suffix == ".css":
            yield name, text
        elif text:
            yield name, "\n".join((*STYLE.findall(text), *MARKUP.findall(STYLE.sub("", text))))


def test_styles_are_right_in_both_directions() -> None:
    found = {(name, each) for name, text in styles() for each in physical(text)}
    assert found - set(EXCEPTIONS) == set(), "use margin-inline, inset-inline-start, text-align: start"
    assert set(EXCEPTIONS) - found == set(), "an exception that is no longer needed"


def test_what_the_lint_is_meant_to_find_is_found() -> None:
    wrong = (
        "margin-left: 1px;",
        "left: 0;",
        "border-right: 0;",
        "text-align: right;",
        "inset: 0 calc(1px + (2px)) 0 auto;",
        "border-radius: 1px 0 0 1px;",
        "transform: translateX(1px);",
        ".a:dir(rtl) {",
    )
    right = (
        "margin-inline-start: 1px;",
        "inset: 0 1px 0 1px;",
        "padding: 1px 2px calc(1px + var(--x));",
        "text-align: start;",
        "border-radius: 1px 1px 0 0;",
        "--left: 1px;",
        "[dir=rtl] .a {",
    )
    assert [each for each in wrong if not list(physical(each))] == []
    assert [each for each in right if list(physical(each))] == []
