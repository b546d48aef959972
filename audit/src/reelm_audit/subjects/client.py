"""The app: what browsers are given is what the ledger has, and its headers keep it at home."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from reelm_audit.assets import INDEX, MANIFEST_PATH, Asset, named_by_file, named_by_page, read_manifest
from reelm_audit.errors import Malformed, Unreachable
from reelm_audit.headers import RULES, Rule
from reelm_audit.leaf import Leaf
from reelm_audit.site import Answer, Site
from reelm_audit.subjects.beside import Beside
from reelm_audit.verdict import Claim, Verdict, judged, not_published

_LISTED = "The list of the page's files is in the ledger"
_FILES = "Every file of the page is the one in the ledger"
_CLOSED = "The page consists of those files and no others"
_QUIET = "The page's scripts do not read the clipboard and open no direct connections"
_SAME = "Everybody is given the same page"
# Beside the page's own files: what browsers or service workers could be made to load instead of them.
_OTHER_PATHS = ("/api/feed", "/api/session", "/ledger/checkpoint", "/sw.js", "/c/nothing", "/no/such/page")
_SILENT = 0  # in place of a status: nobody answered
_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile",
    "Mozilla/5.0 (compatible; Googlebot/2.1)",
)
# Addresses of the app that are the same page; which one it shows is decided in the browser.
_PLACES = ("/sign-in", "/settings", "/no/such/page")
_LOUD = re.compile(
    rb"RTCPeerConnection|RTCDataChannel|clipboard\s*(?:\.\s*|\[\s*[\"'`])read"
    rb"|execCommand\s*\(\s*[\"'`]paste|WebTransport\s*\("
)


def judge(leaves: Sequence[Leaf], beside: Beside) -> list[Claim]:
    site = None if beside.site is None else _Patient(beside.site)
    newest = next((leaf for leaf in reversed(leaves) if "page_digest" in leaf.public), None)
    if newest is None or site is None:
        return [not_published("client.listed", _LISTED)]
    answer = site.ask(MANIFEST_PATH)
    listed = _listed(newest, answer)
    if listed.verdict is not Verdict.PROVEN:
        return [listed, *_without_list(), *_headers(site, [answer])]
    assets = read_manifest(answer.body)
    answers = {name: site.ask(_path(name)) for name in assets}
    return [
        listed,
        _files(site, assets, answers),
        _closed(assets, answers),
        _quiet(answers),
        _same(site, assets[INDEX]) if INDEX in assets else not_published("client.same", _SAME),
        *_headers(site, [answer, *answers.values()]),
    ]


class _Patient:
    """A realm's address where silence is an answer too: one file that never comes hides nothing else."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.location = site.location

    def ask(self, path: str, *, encoding: str = "identity", agent: str = "reelm-audit") -> Answer:
        try:
            return self._site.ask(path, encoding=encoding, agent=agent)
        except Unreachable:
            return Answer(path=path, status=_SILENT, headers={}, body=b"")


def _unless_silent(claim: Claim, asked: Iterable[Answer]) -> Claim:
    """The claim, unless it would be proven without what never came."""
    silent = [answer.path for answer in asked if answer.status == _SILENT]
    if not silent or claim.verdict not in {Verdict.PROVEN, Verdict.SAMPLED}:
        return claim
    found = f"Nobody answered for {', '.join(silent[:3])}, so nothing is concluded."
    return replace(claim, verdict=Verdict.NOT_CHECKED, found=found)


def _path(name: str) -> str:
    return "/" if name == INDEX else f"/{name}"


def _listed(newest: Leaf, answer: Answer) -> Claim:
    faults = []
    if answer.status == _SILENT:
        found = f"Nobody answered for {MANIFEST_PATH}."
        return Claim(id="client.listed", says=_LISTED, verdict=Verdict.NOT_CHECKED, found=found)
    if answer.status != 200 or sha256(answer.body).hexdigest() != newest.public["page_digest"]:
        faults.append(f"{MANIFEST_PATH} is not what entry {newest.index} has in the ledger.")
    else:
        try:
            read_manifest(answer.body)
        except Malformed as fault:
            faults.append(str(fault))
    found = f"Entry {newest.index} has its digest, for version {newest.public['version']}."
    return judged("client.listed", _LISTED, faults=faults, found=found, how="Its SHA-256 was compared.")


def _without_list() -> list[Claim]:
    found = "There is no list of files in the ledger to hold them against."
    said = (
        ("client.files", _FILES),
        ("client.closed", _CLOSED),
        ("client.quiet", _QUIET),
        ("client.same", _SAME),
    )
    return [Claim(id=name, says=says, verdict=Verdict.NOT_CHECKED, found=found) for name, says in said]


def _files(site: Site, assets: Mapping[str, Asset], answers: Mapping[str, Answer]) -> Claim:
    faults = [fault for name, answer in answers.items() if (fault := _fault(assets[name], answer))]
    packed = [name for name in assets if f"{name}.gz" in assets]
    packed_answers = [site.ask(_path(name), encoding="gzip") for name in packed]
    for name, answer in zip(packed, packed_answers, strict=True):
        if answer.status == _SILENT:
            continue
        listed = assets[name if "content-encoding" not in answer.headers else f"{name}.gz"]
        if fault := _fault(listed, answer):
            faults.append(f"To browsers that take gzip: {fault}")
        elif not assets[name].is_of(answer.content or b""):
            faults.append(f"{name}: what is packed is not the file.")
    if not assets:
        return not_published("client.files", _FILES)
    size = sum(asset.size_bytes for asset in assets.values())
    found = f"{len(assets)} files of {size:,} bytes were fetched; each has the SHA-256 in the ledger."
    how = "Each was asked for as it is and, where it is listed, packed; without cookies, from this machine."
    claim = judged("client.files", _FILES, faults=faults, found=found, how=how)
    return _unless_silent(claim, [*answers.values(), *packed_answers])


def _fault(asset: Asset, answer: Answer) -> str | None:
    if answer.status == _SILENT:
        return None
    if answer.status != 200:
        return f"{asset.name} is missing: answered with status {answer.status}."
    return None if asset.is_of(answer.body) else f"{asset.name} was altered."


def _closed(assets: Mapping[str, Asset], answers: Mapping[str, Answer]) -> Claim:
    named = {
        each: name
        for name, answer in answers.items()
        for each in _named(name, answer)
        if each.removeprefix("/") not in assets
    }
    faults = [f"{name} names {each}, which is not on the list." for each, name in sorted(named.items())]
    if not assets:
        return not_published("client.closed", _CLOSED)
    how = (
        "Pages, styles and scripts were read for names of files. A script could put a name together; what it "
        "then loads is bound by the policy that browsers are given."
    )
    found = "Nothing that pages, styles and scripts name is missing from the list."
    return _unless_silent(
        judged("client.closed", _CLOSED, faults=faults, found=found, how=how), answers.values()
    )


def _named(name: str, answer: Answer) -> Iterator[str]:
    if name.endswith(".html"):
        yield from named_by_page(answer.body.decode(errors="replace"))
    else:
        yield from named_by_file(name, answer.body)


def _quiet(answers: Mapping[str, Answer]) -> Claim:
    scripts = {name: answer.body for name, answer in answers.items() if name.endswith((".js", ".html"))}
    faults = [
        f"{name} has {loud[0].decode()}." for name, body in scripts.items() if (loud := _LOUD.search(body))
    ]
    if not scripts:
        return not_published("client.quiet", _QUIET)
    how = "Scripts were searched for the names of what does so. A name can be put together at run time."
    found = f"None of {len(scripts)} scripts and pages names what it would take."
    return _unless_silent(
        _sampled("client.quiet", _QUIET, faults=faults, found=found, how=how), answers.values()
    )


def _same(site: Site, page: Asset) -> Claim:
    seen = [
        (f"A visitor with {agent} is given another page.", site.ask("/", agent=agent)) for agent in _AGENTS
    ]
    seen += [(f"{path} is another page.", site.ask(path)) for path in _PLACES]
    faults = [said for said, answer in seen if answer.status != _SILENT and not page.is_of(answer.body)]
    how = "Only from here and only now. Run it from several networks, and compare."
    found = f"{len(_AGENTS)} kinds of visitors were given the page in the ledger, at every address."
    claim = _sampled("client.same", _SAME, faults=faults, found=found, how=how)
    return _unless_silent(claim, [answer for _, answer in seen])


def _sampled(claim_id: str, says: str, *, faults: Sequence[str], found: str, how: str) -> Claim:
    """What was looked at holds; the rest is a promise."""
    claim = judged(claim_id, says, faults=faults, found=found, how=how)
    return claim if faults else replace(claim, verdict=Verdict.SAMPLED)


def _headers(site: Site, answers: Sequence[Answer]) -> list[Claim]:
    asked = [*answers, *(site.ask(path) for path in _OTHER_PATHS)]
    is_secure = site.location.startswith("https:")
    return [_kept(rule, asked) for rule in RULES if is_secure or not rule.is_for_https]


def _kept(rule: Rule, answers: Sequence[Answer]) -> Claim:
    came = [answer for answer in answers if answer.status != _SILENT]
    faults = [f"{answer.path}: {fault}." for answer in came if (fault := rule.fault(answer))]
    found = f"All {len(answers)} answers say so, those with nothing to show included."
    how = "Headers of the page's files, of the interface, of the ledger and of addresses that do not exist."
    return _unless_silent(judged(rule.id, rule.says, faults=faults, found=found, how=how), answers)
