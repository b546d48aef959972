"""What the headers of an answer forbid a browser to do. Pure rules on text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reelm_audit.site import Answer

_NOTHING = frozenset({"'none'"})
_OWN = frozenset({"'self'", "blob:", "data:", "'none'"})
_ONLY_OWN = frozenset({"'self'", "'none'"})
_REFERRERS = {"no-referrer", "same-origin", "strict-origin"}
_DENIED = ("camera", "clipboard-read", "display-capture", "geolocation", "microphone")
_FETCHES = ("img-src", "media-src", "font-src", "style-src", "worker-src", "manifest-src", "frame-src")


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that headers must say.

    Attributes:
        id: of its claim.
        says: the claim.
        fault: what is wrong with one answer; None when nothing is.
        is_for_https: whether it means something over HTTPS only.
    """

    id: str
    says: str
    fault: Callable[[Answer], str | None]
    is_for_https: bool = False


def _only(answer: Answer, name: str) -> str | None:
    """A header that is there once; browsers read repeated ones in different ways."""
    values = answer.headers.get(name, ())
    return values[0].strip() if len(values) == 1 else None


def _policy_fault(answer: Answer) -> str | None:
    text = _only(answer, "content-security-policy")
    if text is None:
        return "it has no content security policy, or several"
    policy = _directives(text)
    default = policy.get("default-src")
    if default is None or not default <= _ONLY_OWN:
        return "its policy allows by default what is not its own"
    for name in ("script-src", "connect-src", "form-action", "base-uri", "frame-ancestors", "object-src"):
        allowed = policy.get(name, default if name in {"script-src", "connect-src", "object-src"} else None)
        if allowed is None or not allowed <= _ONLY_OWN:
            return f"its policy does not bind {name} to the realm"
    wide = [name for name in _FETCHES if not policy.get(name, default) <= _OWN]
    return f"its policy lets {wide[0]} go elsewhere" if wide else None


def _directives(text: str) -> Mapping[str, frozenset[str]]:
    """By name; as in browsers, the first of a name counts."""
    found: dict[str, frozenset[str]] = {}
    for part in text.split(";"):
        name, *values = part.split() or [""]
        found.setdefault(name.lower(), frozenset(values) or _NOTHING)
    return found


def _permissions_fault(answer: Answer) -> str | None:
    text = _only(answer, "permissions-policy") or ""
    said = {part.strip() for part in text.split(",")}
    open_ = [name for name in _DENIED if f"{name}=()" not in said]
    return f"it leaves {', '.join(open_)} to the page" if open_ else None


def _must_be(name: str, allowed: set[str]) -> Callable[[Answer], str | None]:
    def fault(answer: Answer) -> str | None:
        value = _only(answer, name)
        return (
            None if value is not None and value.lower() in allowed else f"its {name} is {value or 'absent'}"
        )

    return fault


def _transport_fault(answer: Answer) -> str | None:
    value = _only(answer, "strict-transport-security") or ""
    ages = [
        part.partition("=")[2].strip('"') for part in value.split(";") if part.strip().startswith("max-age=")
    ]
    is_long = len(ages) == 1 and ages[0].isdecimal() and int(ages[0]) >= 15_552_000
    return None if is_long else "it does not bind browsers to HTTPS for half a year"


RULES = (
    Rule("client.policy", "Browsers load and send only from and to the realm itself", _policy_fault),
    Rule(
        "client.permissions",
        "The page cannot have camera, microphone, place, screen or clipboard",
        _permissions_fault,
    ),
    Rule(
        "client.referrer",
        "Other sites are not told where visitors come from",
        _must_be("referrer-policy", _REFERRERS),
    ),
    Rule(
        "client.opener",
        "Other sites' windows have no hold on the page",
        _must_be("cross-origin-opener-policy", {"same-origin"}),
    ),
    Rule(
        "client.types",
        "No answer is taken for a script that is none",
        _must_be("x-content-type-options", {"nosniff"}),
    ),
    Rule("client.transport", "Browsers come back over HTTPS only", _transport_fault, is_for_https=True),
)
