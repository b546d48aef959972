"""docs/reference/settings.md: the comments above the fields of ``reelm.app.settings``, as a manual."""

import ast
import inspect
import textwrap
from collections.abc import Iterator

from reelm.app import settings

_INTRODUCTION = """\
# Settings

A realm reads `settings.toml` in its data folder, if there is one, when it starts. Everything has a default
that is right for one person's realm. Unknown names are an error that names the line. `--host`, `--port` and
`--public-url` overrule the file; `./reelm settings --data DIR` prints what is in effect and where each
value came from.

```toml
# settings.toml
port = 9000
log_level = "warning"

[uploads]
max_duration_seconds = 180
```

| setting | default | meaning |
|---|---|---|"""
_NOT_SETTINGS = {"origins", "uploads"}


def settings_page() -> str:
    rows = [*_rows("Settings", ""), *_rows("Uploads", "uploads.")]
    return "\n".join([_INTRODUCTION, *rows])


def _rows(name: str, prefix: str) -> Iterator[str]:
    source = inspect.getsource(settings)
    lines = source.splitlines()
    kinds = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)}
    for node in kinds[name].body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        if node.target.id in _NOT_SETTINGS:
            continue
        comment: list[str] = []
        line = node.lineno - 2
        while lines[line].strip().startswith("#"):
            comment.insert(0, lines[line].strip().removeprefix("#").strip())
            line -= 1
        meaning = textwrap.dedent(" ".join(comment))
        yield f"| `{prefix}{node.target.id}` | {_default(node.value)} | {meaning or 'UNDOCUMENTED'} |"


def _default(value: ast.expr | None) -> str:
    if value is None:
        return "given with `--data`"
    plain = eval(compile(ast.Expression(value), "settings", "eval"), {})  # noqa: S307 - our own source
    if plain == "":
        return "derived"
    return f"`{plain:,}`" if isinstance(plain, int) and plain >= 10_000 else f"`{plain}`"
