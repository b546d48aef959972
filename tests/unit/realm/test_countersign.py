"""What providers confirm themselves: their own entry, as it is now, and not for ever."""

from dataclasses import replace
from datetime import date, timedelta

from reelm.realm import Attestation, Manifest
from reelm.realm.countersign import Countersignature, attestations, countersigned_text
from reelm.realm.signing import signed_line
from reelm.realm.version import as_declared
from support.realm.declaring import PLAIN, in_city, signing_key

KEY = signing_key("host")
TODAY = date(2026, 11, 25)
HOSTED = replace(PLAIN, providers=(replace(PLAIN.providers[0], key=str(KEY.verifier)),))


def countersignature(manifest: Manifest, signed_on: date = TODAY, *, by: str = "host") -> Countersignature:
    day = signed_on.isoformat()
    text = countersigned_text(as_declared(manifest), "this-machine", signed_on=day)
    assert text is not None
    return Countersignature("this-machine", day, signed_line(signing_key(by), text))


def standing(manifest: Manifest, *signatures: Countersignature) -> Attestation:
    return attestations(as_declared(manifest), signatures, today=TODAY)["this-machine"][0]


def test_an_entry_is_only_declared_until_its_provider_confirms_it() -> None:
    assert standing(HOSTED) is Attestation.DECLARED
    assert standing(HOSTED, countersignature(HOSTED)) is Attestation.CONFIRMED


def test_a_confirmation_holds_while_the_entry_and_its_sites_say_the_same() -> None:
    given = countersignature(HOSTED)
    elsewhere = replace(HOSTED, realm=replace(HOSTED.realm, name="Another name"))
    assert standing(elsewhere, given) is Attestation.CONFIRMED
    assert standing(in_city("Utrecht", HOSTED), given) is Attestation.DECLARED
    sold = replace(HOSTED, providers=(replace(HOSTED.providers[0], parent="Somebody else"),))
    assert standing(sold, given) is Attestation.DECLARED


def test_a_confirmation_of_another_realm_or_another_key_is_none() -> None:
    other = replace(HOSTED, realm=replace(HOSTED.realm, id="de"))
    assert standing(HOSTED, countersignature(other)) is Attestation.DECLARED
    assert standing(HOSTED, countersignature(HOSTED, by="mallory")) is Attestation.DECLARED
    assert standing(PLAIN, countersignature(HOSTED)) is Attestation.DECLARED
    given = countersignature(HOSTED)
    assert standing(HOSTED, replace(given, signed_on="2026-11-24")) is Attestation.DECLARED
    assert standing(HOSTED, replace(given, provider="nobody")) is Attestation.DECLARED


def test_a_confirmation_grows_old_and_the_newest_counts() -> None:
    old, new = countersignature(HOSTED, TODAY - timedelta(days=91)), countersignature(HOSTED)
    assert standing(HOSTED, old) is Attestation.STALE
    assert standing(HOSTED, old, new) is Attestation.CONFIRMED
    assert standing(HOSTED, new, old) is Attestation.CONFIRMED
    assert standing(HOSTED, countersignature(HOSTED, TODAY + timedelta(days=2))) is Attestation.DECLARED


def test_a_day_that_is_none_confirms_nothing() -> None:
    text = countersigned_text(as_declared(HOSTED), "this-machine", signed_on="some day")
    assert text is not None
    assert (
        standing(HOSTED, Countersignature("this-machine", "some day", signed_line(KEY, text)))
        is Attestation.DECLARED
    )
