"""The locator against documents whose lines are known because the test wrote them."""

import tomllib
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reelm.realm.locate import locate
from reelm.realm.model import KeyPath

KEYS = st.sampled_from(["a", "b-1", "c_2", "33", "dotted.key", "quoted key", 'q"t', "é", "[x]", "#"])
TEXTS = st.sampled_from(
    ["", "x", "a = 1", "[t]", "# no", "q\"q'q", "back\\slash", "],}", "line\nline\n", '"""', "é"]
)
SCALARS = st.one_of(TEXTS, st.integers(-9, 9), st.booleans(), st.just(1.5))


@dataclass
class Writer:
    """Writes TOML in drawn styles and remembers on which line each key path went."""

    draw: Any
    lines: list[str] = field(default_factory=lambda: [""])
    places: dict[KeyPath, int] = field(default_factory=dict)

    def put(self, text: str) -> None:
        first, *rest = text.split("\n")
        self.lines[-1] += first
        self.lines += rest

    def note(self, path: KeyPath) -> None:
        self.places.setdefault(path, len(self.lines))

    def filler(self) -> None:
        self.put(self.draw(st.sampled_from(["", "\n", "\n\n# [not] a = table\n", ' # "comment\n', "\n\t"])))

    def key(self, name: str) -> str:
        bare = name.replace("-", "").replace("_", "").isalnum() and name.isascii()
        return name if bare and self.draw(st.booleans()) else self.basic(name)

    def basic(self, text: str) -> str:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'

    def scalar(self, value: Any) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        if not isinstance(value, str):
            return str(value)
        styles = [self.basic(value)]
        if "'" not in value and "\n" not in value:
            styles.append(f"'{value}'")
        if "'" not in value:
            styles.append(f"'''\n{value}'''")
        if '"' not in value and "\\" not in value:
            styles += [
                f'"""\n{value}"""',
                f'"""\\\n   {value}"""' if value.strip() == value else f'"""{value}"""',
            ]
        return str(self.draw(st.sampled_from(styles)))

    def value(self, path: KeyPath, value: Any) -> None:
        if isinstance(value, list):
            self.put("[")
            for index, item in enumerate(value):
                self.filler()
                self.note((*path, index))
                self.value((*path, index), item)
                self.filler()
                self.put("," if index < len(value) - 1 or self.draw(st.booleans()) else "")
            self.filler()
            self.put("]")
        elif isinstance(value, dict):
            self.put("{ ")
            for index, (name, item) in enumerate(value.items()):
                self.put(", " if index else "")
                self.pair(path, name, item)
            self.put(" }")
        else:
            self.put(self.scalar(value))

    def pair(self, path: KeyPath, name: str, value: Any) -> None:
        self.note((*path, name))
        if isinstance(value, dict) and len(value) == 1 and self.draw(st.booleans()):
            (inner, item), *_ = value.items()
            self.note((*path, name, inner))
            self.put(f"{self.key(name)} . {self.key(inner)} = ")
            self.value((*path, name, inner), item)
            return
        self.put(f"{self.key(name)} = ")
        self.value((*path, name), value)

    def table(self, path: KeyPath, table: dict[str, Any], names: list[str]) -> None:
        """A table's own keys first, then the tables under it with headers of their own."""
        later = []
        for name, value in table.items():
            under = isinstance(value, dict) or (isinstance(value, list) and _is_tables(value))
            if under and self.draw(st.booleans()):
                later.append((name, value))
            else:
                self.pair(path, name, value)
                self.put("\n")
        for name, value in later:
            header = ".".join(map(self.key, [*names, name]))
            for index, item in enumerate(value if isinstance(value, list) else [value]):
                self.filler()
                self.put("" if self.lines[-1].strip() == "" else "\n")
                inner: KeyPath = (*path, name)
                self.note(inner)
                if isinstance(value, list):
                    inner = (*inner, index)
                    self.note(inner)
                self.put(f"[[ {header} ]] # list\n" if isinstance(value, list) else f"[{header}]\n")
                self.table(inner, item, [*names, name])


def _is_tables(value: list[Any]) -> bool:
    return bool(value) and all(isinstance(item, dict) for item in value)


VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(KEYS, inner, max_size=3),
        st.lists(st.dictionaries(KEYS, inner, max_size=2), min_size=1, max_size=3),
    ),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4), st.data(), st.sampled_from(["\n", "\r\n"]))
def test_every_key_is_found_on_the_line_where_it_was_written(
    table: dict[str, Any], data: st.DataObject, newline: str
) -> None:
    writer = Writer(data.draw)
    writer.table((), table, [])
    document = "\n".join(writer.lines).replace("\n", newline)
    assert tomllib.loads(document) == table
    assert locate(document) == writer.places


def test_an_empty_document_has_no_keys() -> None:
    assert locate("") == {}
    assert locate("\n# nothing\n") == {}


def test_quotes_inside_multi_line_text_do_not_end_it() -> None:
    document = 'a = """\n""x"" [t]\n"""""\nb = \'\'\'\n\'\'x\n\'\'\'\'\'\nc = 1\n'
    assert tomllib.loads(document)["c"] == 1
    assert locate(document) == {("a",): 1, ("b",): 4, ("c",): 7}


def test_a_table_under_the_newest_entry_of_a_list_belongs_to_it() -> None:
    document = "[[a]]\nx = 1\n[a.b]\ny = 1\n[[a]]\n[a.b]\ny = 2\n[[a.c]]\n[[a.c]]\nz = 1\n"
    found = locate(document)
    assert found[("a", 0, "b", "y")] == 4
    assert found[("a", 1, "b", "y")] == 7
    assert found[("a", 1, "c", 1, "z")] == 10


def test_dates_and_numbers_are_passed_over() -> None:
    document = "a = 1979-05-27 07:32:00 # x\nb = [1e6, 0xff, inf,\n1979-05-27]\nc = 1\n"
    assert locate(document) == {
        ("a",): 1,
        ("b",): 2,
        ("b", 0): 2,
        ("b", 1): 2,
        ("b", 2): 2,
        ("b", 3): 3,
        ("c",): 4,
    }
