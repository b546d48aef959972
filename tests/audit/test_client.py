"""The page as browsers get it, held against what the ledger has of it."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pytest

from reelm_audit.assets import named_by_file, named_by_page, read_manifest
from reelm_audit.errors import Malformed, Unreachable
from reelm_audit.leaf import Leaf, canonical, reader
from reelm_audit.site import Answer
from reelm_audit.subjects import Beside, judge
from reelm_audit.verdict import Claim, Verdict

STRICT = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "permissions-policy": "camera=(), clipboard-read=(), display-capture=(), geolocation=(), microphone=()",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
APP, STYLE, FONT = "assets/app-1a2b3c4d.js", "assets/app-5e6f7a8b.css", "assets/inter-9c0d1e2f.woff2"
FILES = {
    "index.html": f'<script src="/{APP}"></script><link rel="stylesheet" href="/{STYLE}">'.encode(),
    APP: b"const more = () => import(`./app-1a2b3c4d.js`); clipboard.writeText(x)",
    STYLE: b"@font-face { src: url(/assets/inter-9c0d1e2f.woff2) }",
    FONT: b"wOF2",
}
FILES[f"{APP}.gz"] = gzip.compress(FILES[APP])


@dataclass
class SomeSite:
    """A realm that serves files, to be bent by hand."""

    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    headers: dict[str, str] = field(default_factory=lambda: dict(STRICT))
    special: Callable[[str, str], bytes | None] = lambda _path, _agent: None
    location: str = "http://realm.example"
    silent: set[str] = field(default_factory=set)

    def ask(self, path: str, *, encoding: str = "identity", agent: str = "reelm-audit") -> Answer:
        if path in self.silent:
            raise Unreachable(f"{path} could not be fetched.")
        name = path.removeprefix("/") or "index.html"
        headers = {name: (value,) for name, value in self.headers.items()}
        if encoding == "gzip" and f"{name}.gz" in self.files:
            name, headers["content-encoding"] = f"{name}.gz", ("gzip",)
        body = self.special(path, agent) or self.files.get(name)
        status = 404 if body is None else 200
        if body is None and "." not in path:
            body = self.files["index.html"]
        return Answer(path=path, status=status, headers=headers, body=body or b"")

    def publish(self) -> Leaf:
        """Its files as they are now, listed and in the ledger."""
        listed = [
            {"name": name, "sha256": sha256(content).hexdigest(), "size_bytes": len(content)}
            for name, content in sorted(self.files.items())
        ]
        self.files["asset-manifest.json"] = canonical({"files": listed, "v": 1})
        digest = sha256(self.files["asset-manifest.json"]).hexdigest()
        return leaf(page_digest=digest)


def leaf(**public: Any) -> Leaf:
    said = {"version": "1.0", "code_digest": "a" * 64, **public}
    value = {
        "kind": "release.deploy",
        "public": said,
        "realm": "us",
        "time": "2026-11-25T12:00:00.000Z",
        "v": 1,
    }
    return reader().read(canonical(value), 7)


def audit(site: SomeSite, published: Leaf) -> dict[str, Claim]:
    claims = judge("client", [published], Beside(now_seconds=0, site=site), is_sound=True)
    return {claim.id.removeprefix("client."): claim for claim in claims}


def failed(site: SomeSite, published: Leaf) -> set[str]:
    return {name for name, claim in audit(site, published).items() if claim.verdict is Verdict.FAILED}


@pytest.fixture
def site() -> SomeSite:
    return SomeSite()


@pytest.fixture
def published(site: SomeSite) -> Leaf:
    return site.publish()


def test_a_page_as_it_was_published_is_proven(site: SomeSite, published: Leaf) -> None:
    found = {name: claim.verdict for name, claim in audit(site, published).items()}
    assert found.pop("quiet") is found.pop("same") is Verdict.SAMPLED
    assert set(found) == {"listed", "files", "closed", "policy", "permissions", "referrer", "opener", "types"}
    assert set(found.values()) == {Verdict.PROVEN}


@pytest.mark.parametrize("name", [APP, STYLE, FONT, "index.html"])
def test_a_file_that_was_altered_is_named(site: SomeSite, published: Leaf, name: str) -> None:
    site.files[name] += b" "
    assert "files" in failed(site, published)
    assert any(name in detail for detail in audit(site, published)["files"].details)


def test_a_file_that_only_browsers_with_gzip_get_otherwise_is_found(site: SomeSite, published: Leaf) -> None:
    site.files[f"{APP}.gz"] = gzip.compress(b"send()")
    assert failed(site, published) == {"files"}


def test_a_packed_file_that_is_published_and_not_the_plain_one_is_found(site: SomeSite) -> None:
    site.files[f"{APP}.gz"] = gzip.compress(b"send()")
    assert failed(site, site.publish()) == {"files"}


def test_a_file_that_is_missing_is_found(site: SomeSite, published: Leaf) -> None:
    del site.files[FONT]
    assert failed(site, published) == {"files"}


def test_a_list_that_is_not_the_one_on_record_proves_nothing(site: SomeSite, published: Leaf) -> None:
    site.files[APP] = b"send()"
    site.publish()
    found = audit(site, published)
    assert found["listed"].verdict is Verdict.FAILED
    assert found["files"].verdict is Verdict.NOT_CHECKED


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("index.html", b"<script src=https://elsewhere.example/x.js></script>"),
        ("index.html", b"<script>send()</script>"),
        ("index.html", b"<link rel=stylesheet href=/assets/more-11112222.css>"),
        ("index.html", b"<img src=//elsewhere.example/pixel.png>"),
        (STYLE, b"a { background: url(https://elsewhere.example/pixel.png) }"),
        (APP, b'import("./more-11112222.js")'),
    ],
)
def test_a_published_page_that_names_what_is_not_listed_is_found(
    site: SomeSite, name: str, content: bytes
) -> None:
    site.files[name] = content
    del site.files[f"{APP}.gz"]
    assert failed(site, site.publish()) == {"closed"}


@pytest.mark.parametrize(
    "script",
    [
        b"new RTCPeerConnection({})",
        b"navigator.clipboard.readText()",
        b'navigator.clipboard["read"]()',
        b'document.execCommand("paste")',
    ],
)
def test_a_published_script_that_reads_the_clipboard_or_connects_is_found(
    site: SomeSite, script: bytes
) -> None:
    site.files[APP] = script
    del site.files[f"{APP}.gz"]
    assert failed(site, site.publish()) == {"quiet"}


def test_a_page_that_is_another_for_some_is_found(site: SomeSite, published: Leaf) -> None:
    site.special = lambda path, agent: b"<b>other</b>" if path == "/" and "iPhone" in agent else None
    assert failed(site, published) == {"same"}


@pytest.mark.parametrize("place", ["/sign-in", "/no/such/page"])
def test_a_place_that_is_another_page_is_found(site: SomeSite, published: Leaf, place: str) -> None:
    site.special = lambda path, _agent: b"<b>other</b>" if path == place else None
    assert failed(site, published) == {"same"}


POLICY = "content-security-policy"


@pytest.mark.parametrize(
    ("claim", "header"),
    [
        ("policy", (POLICY, "")),
        ("policy", (POLICY, "default-src *")),
        ("policy", (POLICY, STRICT[POLICY].replace("connect-src 'self'", "connect-src 'self' https:"))),
        (
            "policy",
            (POLICY, STRICT[POLICY].replace("script-src 'self'", "script-src 'self' 'unsafe-inline'")),
        ),
        ("policy", (POLICY, STRICT[POLICY].replace("img-src 'self' blob:", "img-src *"))),
        ("policy", (POLICY, STRICT[POLICY].replace("frame-ancestors 'none'", ""))),
        ("policy", (POLICY, "connect-src *; " + STRICT[POLICY])),
        ("permissions", ("permissions-policy", "camera=()")),
        (
            "permissions",
            ("permissions-policy", STRICT["permissions-policy"].replace("read=()", "read=(self)")),
        ),
        ("referrer", ("referrer-policy", "unsafe-url")),
        ("opener", ("cross-origin-opener-policy", "unsafe-none")),
        ("types", ("x-content-type-options", "")),
    ],
)
def test_headers_that_leave_something_open_are_found(
    site: SomeSite, published: Leaf, claim: str, header: tuple[str, str]
) -> None:
    name, value = header
    site.headers[name] = value
    assert failed(site, published) == {claim}
    del site.headers[name]
    assert failed(site, published) == {claim}


def test_over_https_browsers_are_bound_to_it(site: SomeSite, published: Leaf) -> None:
    site.location = "https://realm.example"
    assert failed(site, published) == {"transport"}
    site.headers["strict-transport-security"] = "max-age=31536000"
    assert failed(site, published) == set()
    site.headers["strict-transport-security"] = "max-age=60"
    assert failed(site, published) == {"transport"}


def test_a_realm_without_a_release_on_record_proves_nothing(site: SomeSite) -> None:
    assert {claim.verdict for claim in audit(site, leaf()).values()} == {Verdict.NOT_PUBLISHED}


@pytest.mark.parametrize(
    "changed",
    [
        lambda value: {**value, "more": 1},
        lambda value: {**value, "v": 2},
        lambda value: {**value, "files": value["files"][::-1]},
        lambda value: {**value, "files": value["files"][:1] * 2},
        lambda value: {**value, "files": [{**value["files"][0], "name": "../up"}]},
        lambda value: {**value, "files": [{**value["files"][0], "sha256": "A" * 64}]},
        lambda value: {**value, "files": [{**value["files"][0], "size_bytes": -1}]},
    ],
)
def test_a_list_of_another_form_is_refused(site: SomeSite, changed: Callable[[Any], Any]) -> None:
    site.publish()
    raw = site.files["asset-manifest.json"]
    assert len(read_manifest(raw)) == len(FILES)
    with pytest.raises(Malformed):
        read_manifest(canonical(changed(json.loads(raw))))
    with pytest.raises(Malformed):
        read_manifest(raw + b" ")


def test_what_pages_styles_and_scripts_name_is_read_as_browsers_do() -> None:
    assert list(named_by_page('<a href="//x"><link rel="canonical" href="y"><img src="data:,z">')) == []
    assert list(named_by_file("assets/a.css", b"url('b-12345678.woff2') url(#id) url(data:x)")) == [
        "assets/b-12345678.woff2"
    ]
    assert list(
        named_by_file("assets/a.js", b'["assets/b-12345678.css", "./c-12345678.js", "well-known"]')
    ) == [
        "assets/b-12345678.css",
        "assets/c-12345678.js",
    ]
    assert list(named_by_file("a.png", b"url(x)")) == []


def test_a_file_that_never_comes_hides_nothing_else(site: SomeSite) -> None:
    said = site.publish()
    site.silent = {f"/{FONT}"}
    claims = audit(site, said)
    assert claims["listed"].verdict is Verdict.PROVEN
    assert claims["files"].verdict is Verdict.NOT_CHECKED
    assert FONT in claims["files"].found
    site.files[STYLE] = b"altered"
    assert audit(site, said)["files"].verdict is Verdict.FAILED
    site.silent = {"/asset-manifest.json"}
    assert audit(site, said)["listed"].verdict is Verdict.NOT_CHECKED
