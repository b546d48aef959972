"""Reading a table of a manifest field by field, noting every fault instead of stopping at the first.

A field that is missing or wrong is noted and replaced by an empty value, so that reading goes on; a manifest
is only ever made from fields without faults.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from reelm.base import Endpoint
from reelm.realm.model import Fault, KeyPath, Price, shorten, write_path

# ISO 3166-1 alpha-2: the officially assigned country codes.
_COUNTRY_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""

COUNTRIES = frozenset(_COUNTRY_CODES.split())

# ISO leaves ZZ to its users. Here it says "not declared", which only a realm without a public address may do.
UNDECLARED_COUNTRY = "ZZ"

# What people write for a country that has another code; the European Union is not a country.
COUNTRY_SLIPS = {"UK": "GB", "EN": "GB", "EL": "GR", "USA": "US", "SU": "RU", "JA": "JP"}

_Choice = TypeVar("_Choice", bound=StrEnum)
_Read = TypeVar("_Read")

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_PRICE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ([A-Z]{3})")
_CREDENTIALS = re.compile(r"//.*@")
_LONGEST_TEXT = 200
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_KINDS: Sequence[tuple[type, str]] = (
    (bool, "true or false"),
    (str, "text"),
    (int, "a number"),
    (float, "a number"),
    (list, "a list"),
    (dict, "a table"),
)


class Faults:
    """Every fault found so far, with its line."""

    def __init__(self, lines: Mapping[KeyPath, int], *, last_line: int) -> None:
        self.lines = lines
        self.found: list[Fault] = []
        self._last_line = last_line

    def add(self, path: KeyPath, problem: str, fix: str) -> None:
        self.found.append(Fault(self.line(path), write_path(path), problem, fix))

    def line(self, path: KeyPath) -> int:
        """Return the line of a key, of the table it is missing from, or of the document's end."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[:-1]
        return self._last_line


class Fields:
    """One table. Read every field that it may have, then ``close`` it: what is left over is unknown."""

    def __init__(self, table: Mapping[str, Any], path: KeyPath, faults: Faults) -> None:
        self._table = table
        self._path = path
        self._faults = faults
        self._known: list[str] = []

    def text(self, name: str, example: str) -> str:
        """Read one line of text, 1 to 200 characters."""
        return self.optional_text(name, example) or self._missing(name, f'{name} = "{example}"')

    def optional_text(self, name: str, example: str) -> str | None:
        value = self._take(name, (str,), f'{name} = "{example}"')
        if value is None:
            return None
        if not value.strip() or len(value) > _LONGEST_TEXT or not value.isprintable():
            self.fault(
                name,
                f"must be one line of 1 to {_LONGEST_TEXT} characters",
                f'Write it like {name} = "{example}".',
            )
        return str(value)

    def id(self, example: str) -> str:
        """Read a short name for use inside the manifest, in addresses and in logs."""
        value = self.text("id", example)
        if value and not _ID.fullmatch(value):
            self.fault(
                "id",
                f'"{shorten(value)}" is not an id',
                f'Use 1 to 32 lower-case letters, digits and inner hyphens, such as "{example}".',
            )
        return value

    def country(self, *, may_be_undeclared: bool) -> str:
        value = self.text("country", "NL")
        if not value or value in COUNTRIES or (value == UNDECLARED_COUNTRY and may_be_undeclared):
            return value
        if value == UNDECLARED_COUNTRY:
            self.fault(
                "country",
                "a realm with a public_url must declare every country",
                "Put the two-letter code of ISO 3166-1 here, or remove public_url while you try things out.",
            )
            return value
        upper = value.strip().upper()
        meant = COUNTRY_SLIPS.get(upper, upper if upper in COUNTRIES else None)
        hint = f'Did you mean "{meant}"?' if meant else 'Use a two-letter code of ISO 3166-1, such as "NL".'
        self.fault("country", f'"{shorten(value)}" is not a country code', hint)
        return value

    def choice(self, name: str, kind: type[_Choice]) -> _Choice:
        """Read one of the words of an enumeration; its first word stands in for a wrong one."""
        value = self.text(name, next(iter(kind)))
        return self._chosen((name,), value, kind) or next(iter(kind))

    def choices(self, name: str, kind: type[_Choice]) -> tuple[_Choice, ...]:
        """Read a list of at least one of the words."""
        example = f'{name} = ["{next(iter(kind))}"]'
        values = self._take(name, (list,), example)
        if values is None:
            self._missing(name, example)
        elif not values:
            self.fault(name, "is empty", f"Write it like {example}.")
        chosen = [self._chosen((name, index), value, kind) for index, value in enumerate(values or ())]
        return tuple(choice for choice in chosen if choice is not None)

    def percent(self, name: str) -> float:
        value = self._take(name, (int, float), f"{name} = 51.5")
        if value is None:
            self._missing(name, f"{name} = 51.5")
            return 0.0
        if not 0 < value <= 100:  # also refuses nan
            self.fault(name, f"{value} is not a share", "Use a number above 0 and up to 100.")
        return float(value)

    def optional_count(self, name: str, example: int) -> int | None:
        value = self._take(name, (int,), f"{name} = {example}")
        return None if value is None else int(value)

    def optional_price(self, name: str, example: str) -> Price | None:
        """Read a decimal and a currency, such as ``0.006 EUR``."""
        value = self.optional_text(name, example)
        if value is None:
            return None
        found = _PRICE.fullmatch(value)
        if found is None:
            self.fault(name, f'"{shorten(value)}" is not a price', f'Write it like {name} = "{example}".')
            return None
        return Price(Decimal(found[1]), found[2])

    def url(self, name: str, example: str, *, is_bare: bool = False, local: str | None = None) -> str:
        """Read an https address (http on this machine); ``is_bare`` refuses a path, ``local`` passes."""
        value = self.optional_url(name, example, is_bare=is_bare, local=local)
        return value or self._missing(name, f'{name} = "{example}"')

    def optional_url(
        self, name: str, example: str, *, is_bare: bool = False, local: str | None = None
    ) -> str | None:
        value = self.optional_text(name, example)
        if value and value != local:
            problem = _url_problem(value, is_bare=is_bare)
            if problem:
                # Somebody may have pasted a password; a message is no place for it.
                shown = shorten(_CREDENTIALS.sub("//…@", value))
                self.fault(name, f'"{shown}" {problem}', f'Write it like {name} = "{example}".')
        return value

    def tables(self, name: str, read: Callable[["Fields"], _Read], *, at_least: int = 0) -> tuple[_Read, ...]:
        """Read every ``[[name]]``, each by ``read``, and close it."""
        values = self._take(name, (list,), f"[[{name}]]")
        if values is None or len(values) < at_least:
            self._too_few(name, values, at_least)
        return tuple(
            self._read((*self._path, name, index), value, read) for index, value in enumerate(values or ())
        )

    def table(self, name: str, read: Callable[["Fields"], _Read]) -> _Read:
        """Read the one ``[name]`` by ``read``, and close it."""
        value = self._take(name, (dict,), f"[{name}]")
        if value is None:
            self._missing(name, f"the table [{name}]")
            # Said once is enough: what such a table holds is not listed as missing as well.
            return read(Fields({}, (*self._path, name), Faults({}, last_line=0)))
        return self._read((*self._path, name), value, read)

    def fault(self, name: str, problem: str, fix: str) -> None:
        self._faults.add((*self._path, name), problem, fix)

    def close(self) -> None:
        """Note every key that nobody asked for."""
        for name in self._table:
            if name not in self._known:
                free = [known for known in self._known if known not in self._table]
                self.fault(name, "is not a known key", suggest(name, free, otherwise="Remove it."))

    def _read(self, path: KeyPath, value: Any, read: Callable[["Fields"], _Read]) -> _Read:
        is_table = isinstance(value, dict)
        if not is_table:
            self._faults.add(path, f"must be a table, not {_kind(value)}", f"Write it as {_header(path)}.")
        quiet = Faults({}, last_line=0)
        fields = Fields(value if is_table else {}, path, self._faults if is_table else quiet)
        result = read(fields)
        fields.close()
        return result

    def _take(self, name: str, kinds: tuple[type, ...], example: str) -> Any:
        """The value, or None when it is missing or of another type; only the latter is noted here."""
        self._known.append(name)
        value = self._table.get(name)
        if value is None or type(value) in kinds:
            return value
        self.fault(name, f"must be {_KIND_NAMES[kinds[0]]}, not {_kind(value)}", f"Write it like {example}.")
        return None

    def _missing(self, name: str, example: str) -> str:
        if name not in self._table:
            self.fault(name, "is missing", f"Add {example}.")
        return ""

    def _too_few(self, name: str, values: list[Any] | None, at_least: int) -> None:
        if values is None and name in self._table:
            return  # of another type, which is already noted
        count = len(values or ())
        if at_least == 1 and not count:
            self.fault(name, "is missing", f"Add at least one [[{name}]] table.")
        elif count < at_least:
            self.fault(
                name,
                f"has {count} of the {at_least} entries that are needed",
                f"Add [[{name}]] tables until there are {at_least}.",
            )

    def _chosen(self, where: KeyPath, value: object, kind: type[_Choice]) -> _Choice | None:
        if not value and isinstance(value, str):
            return None  # missing, which is already noted
        if isinstance(value, str) and value in list(kind):
            return kind(value)
        words = [str(word) for word in kind]
        said = f'"{shorten(value)}"' if isinstance(value, str) else _kind(value)
        allowed = f"Use one of: {', '.join(words)}."
        fix = suggest(value, words, otherwise=allowed) if isinstance(value, str) else allowed
        self._faults.add((*self._path, *where), f"{said} is not one of the words for this", fix)
        return None


def suggest(said: str, known: Iterable[str], *, otherwise: str) -> str:
    close = get_close_matches(said.lower(), list(known), n=1, cutoff=0.6)
    return f'Did you mean "{close[0]}"?' if close else otherwise


def _url_problem(url: str, *, is_bare: bool) -> str:
    try:
        end = Endpoint.of(url)
    except ValueError as error:
        return f"is {error}"
    if end.scheme == "http" and end.host not in _LOOPBACK:
        return "is not encrypted (http)"
    rest = url.split("://", 1)[-1].partition("/")[2]
    if "?" in url or "#" in url or (is_bare and rest):
        return "has more than it may: only scheme, host and port count" if is_bare else "has a ? or # part"
    return ""


def _header(path: KeyPath) -> str:
    names = ".".join(part for part in path if isinstance(part, str))
    return f"[[{names}]]" if isinstance(path[-1], int) else f"[{names}]"


_KIND_NAMES = dict(_KINDS)


def _kind(value: object) -> str:
    return _KIND_NAMES.get(type(value), "a date or time")
