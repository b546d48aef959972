"""The small part of JSON Schema that kinds of leaves are described in, compiled to fast checks.

An unknown word in a schema is refused: a check that silently leaves something out would be worse than none.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from reelm_audit.errors import Malformed

Check: TypeAlias = Callable[[Any], bool]
_WORDS = {
    "string": {"pattern", "maxLength"},
    "integer": {"minimum", "maximum"},
    "boolean": set(),
    "array": {"items", "maxItems"},
}
_ALWAYS = {"type", "description"}


def compile_schema(schema: Mapping[str, Any]) -> Check:
    """Return whether a value is of a schema without inner objects. Raises ``Malformed`` for other schemas."""
    if "enum" in schema and schema.keys() <= _ALWAYS | {"enum"}:
        allowed = tuple(schema["enum"])
        return lambda value: isinstance(value, str) and value in allowed
    kind = schema.get("type")
    if kind not in _WORDS or schema.keys() - _WORDS[kind] - _ALWAYS:
        raise Malformed(f"A schema uses words that are not understood here: {sorted(schema)}.")
    return _COMPILERS[kind](schema)


def _string(schema: Mapping[str, Any]) -> Check:
    matches = re.compile(schema.get("pattern", "")).search
    if "maxLength" not in schema:
        return lambda value: isinstance(value, str) and matches(value) is not None
    longest = schema["maxLength"]
    return lambda value: isinstance(value, str) and len(value) <= longest and matches(value) is not None


def _integer(schema: Mapping[str, Any]) -> Check:
    least, most = schema.get("minimum", -(2**53) + 1), schema.get("maximum", 2**53 - 1)
    return lambda value: type(value) is int and least <= value <= most


def _boolean(_schema: Mapping[str, Any]) -> Check:
    return lambda value: isinstance(value, bool)


def _array(schema: Mapping[str, Any]) -> Check:
    each, most = compile_schema(schema["items"]), schema.get("maxItems", 1 << 16)
    return lambda value: isinstance(value, list) and len(value) <= most and all(map(each, value))


_COMPILERS: dict[str, Callable[[Mapping[str, Any]], Check]] = {
    "string": _string,
    "integer": _integer,
    "boolean": _boolean,
    "array": _array,
}


class Record:
    """An object with declared fields and no others."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Raises ``Malformed`` for a schema that is not of a closed object."""
        if schema.get("type") != "object" or schema.get("additionalProperties") is not False:
            raise Malformed("The schema of a kind is not of a closed object.")
        self._checks = {name: compile_schema(part) for name, part in schema["properties"].items()}
        self._required = frozenset(schema["required"])

    def fault(self, value: Any) -> str | None:
        """What is wrong with a value; None when nothing is."""
        if not isinstance(value, dict):
            return "it is not an object"
        if missing := self._required - value.keys():
            return f"the field {min(missing)!r} is missing"
        checks = self._checks
        for name, part in value.items():
            check = checks.get(name)
            if check is None:
                return f"the field {name[:64]!r} is not declared"
            if not check(part):
                return f"the field {name!r} is not of its declared form"
        return None
