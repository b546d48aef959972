"""The page's asset manifest (docs/spec/asset-manifest.md), and the files that a page names by itself."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from html.parser import HTMLParser
from posixpath import dirname, join, normpath

from reelm_audit.errors import Malformed
from reelm_audit.leaf import canonical

MANIFEST_PATH = "/asset-manifest.json"
INDEX = "index.html"
_MOST_FILES = 5_000
_NAME = re.compile(r"[A-Za-z0-9_.@-]+(?:/[A-Za-z0-9_.@-]+)*")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LOADED = {"stylesheet", "modulepreload", "preload", "icon", "apple-touch-icon", "manifest", "prefetch"}
_IN_STYLE = re.compile(r"url\(\s*[\"']?([^\"')]+)[\"']?\s*\)|@import\s+[\"']([^\"']+)[\"']")
# Names of built files carry eight letters of their content; other text of a script seldom looks like that.
_IN_SCRIPT = re.compile(r"[\"'`]([\w./-]*-[\w-]{8}\.(?:js|css|svg|png|woff2|webmanifest))[\"'`]")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of a page."""

    name: str
    sha256: str
    size_bytes: int

    def is_of(self, content: bytes) -> bool:
        return len(content) == self.size_bytes and sha256(content).hexdigest() == self.sha256


def read_manifest(raw: bytes) -> Mapping[str, Asset]:
    """The files by name. Raises ``Malformed``."""
    try:
        value = json.loads(raw)
        files = [Asset(**each) for each in value["files"]]
        is_sound = canonical(value) == raw and value.keys() == {"files", "v"} and value["v"] == 1
        is_sound = is_sound and len(files) <= _MOST_FILES and all(_is_sound(each) for each in files)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        is_sound, files = False, []
    named = {each.name: each for each in files}
    if not is_sound or list(named) != sorted(named) or len(named) != len(files):
        raise Malformed("The list of the page's files is not of its published form.")
    return named


def named_by_page(html: str) -> Iterator[str]:
    """Whatever a page makes a browser load, as it is written there; ``data:`` is not loaded from anywhere."""
    reader = _Page()
    reader.feed(html)
    yield from (each for each in reader.named if not each.startswith("data:"))


def named_by_file(name: str, content: bytes) -> Iterator[str]:
    """The files that a style or a script names, as names of the manifest."""
    text = content.decode(errors="replace")
    if name.endswith(".css"):
        found = [first or second for first, second in _IN_STYLE.findall(text)]
    elif name.endswith(".js"):
        found = _IN_SCRIPT.findall(text)
    else:
        return
    for each in found:
        if not each.startswith(("data:", "#")):
            yield _resolved(each, within=name)


def _resolved(reference: str, *, within: str) -> str:
    """Scripts name files from the root or, with a dot, from where they are; styles from where they are."""
    if "//" in reference:
        return reference
    if reference.startswith("/"):
        return reference.lstrip("/")
    is_relative = reference.startswith(".") or within.endswith(".css")
    return normpath(join(dirname(within), reference)) if is_relative else reference


def _is_sound(asset: Asset) -> bool:
    is_named = bool(_NAME.fullmatch(asset.name)) and ".." not in asset.name.split("/")
    is_sized = type(asset.size_bytes) is int and asset.size_bytes >= 0
    return is_named and is_sized and bool(_DIGEST.fullmatch(asset.sha256))


class _Page(HTMLParser):
    """Collects what is loaded; a script or a style within the page is named as such."""

    def __init__(self) -> None:
        super().__init__()
        self.named: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "link":
            if set(given.get("rel", "").lower().split()) & _LOADED:
                self.named.append(given.get("href", ""))
        elif "src" in given or "srcset" in given or "data" in given:
            self.named += [given[name] for name in ("src", "srcset", "data") if name in given]
        elif tag in {"script", "style", "base", "iframe"}:
            self.named.append(f"<{tag}>")
