"""Bound how deeply Cedar text is nested, before Cedar is given it.

Cedar's parser goes down one call for each bracket, each ``if`` and each operator in a row, and text that is
deep enough ends the whole process. What a realm publishes must not be able to do that to whoever checks it.

Measured with cedarpy 4.12 on a stack of 8 MiB: brackets end it between 300 and 1,000 deep, ``if`` before
5,000, operators in a row before 20,000. The bounds leave room for the smaller stacks of threads, and are
far from what anybody writes: what is shipped goes four deep.
"""

import re

# Brackets within each other.
DEEPEST = 32
# Operators and opened brackets of one policy.
MOST_OPERATORS = 500
# Of one request: Cedar follows who belongs to whom.
MOST_ENTITIES = 1_000
# Text and comments are passed over as Cedar does: a comment also ends at a carriage return.
_TOKENS = re.compile(
    r'"(?:[^"\\]|\\.)*"|//[^\n\r]*|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<end>;)'
    r"|(?P<operator>&&|\|\||[-+*!.]|\bif\b|\bin\b|\bhas\b|\blike\b|\bis\b|[=<>]=?)",
    re.DOTALL,
)


def is_too_deep(text: str, *, is_schema: bool = False) -> bool:
    """Return whether Cedar could fail on this text by its depth alone.

    Args:
        text: policies or a schema, which need not be valid.
        is_schema: whether ``<`` is a bracket, as in ``Set<Long>``, and no operator.
    """
    depth = operators = 0
    for token in _TOKENS.finditer(text):
        kind, what = token.lastgroup, token.group()
        if is_schema and what in {"<", ">"}:
            kind = "open" if what == "<" else "close"
        if kind == "open":
            depth += 1
            operators += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        elif kind == "operator":
            operators += 1
        elif kind == "end" and not depth:
            operators = 0
        if depth > DEEPEST or (operators > MOST_OPERATORS and not is_schema):
            return True
    return False
