"""The policies that a new realm starts with, and the schema of this version."""

from importlib.resources import files

SCHEMA_FILE = "realm.cedarschema"
_POLICIES = ("flows.cedar", "staff.cedar")


def shipped_policies() -> dict[str, str]:
    """Return the policies of a new realm, by the name of their file; comments explain each."""
    return {name: _read(name) for name in _POLICIES}


def shipped_schema() -> str:
    """Return the schema that this version asks of policies."""
    return _read(SCHEMA_FILE)


def _read(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
