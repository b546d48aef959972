"""What an e-mail address and a password may be."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelm.accounts import BadEmail, WeakPassword
from reelm.accounts.common_passwords import COMMON_PASSWORDS
from reelm.accounts.model import check_password, clean_email, email_identity

LOCAL = st.from_regex(r"[a-z0-9_+-]{1,20}(\.[a-z0-9]{1,10})?", fullmatch=True)
DOMAIN = st.from_regex(r"[a-z0-9]{1,10}(-[a-z0-9]{1,5})?(\.[a-z]{2,8}){1,2}", fullmatch=True)


@pytest.mark.parametrize(
    "email",
    [
        "ana@example.org",
        "a@b.co",
        "ana.b+tag@mail.example.co.uk",
        "o'brien@example.ie",
        "_@example.org",
        "用户@例子.公司",
        "josé@bücher.example",
        "हिन्दी@example.in",
        "x" * 64 + "@example.org",
        "ana@xn--bcher-kva.example",
    ],
)
def test_addresses_that_exist_are_accepted(email: str) -> None:
    assert clean_email(email) == email


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "ana",
        "ana@",
        "@example.org",
        "ana@localhost",
        "ana@example..org",
        "ana@.org",
        "ana@example.org.",
        "ana@-example.org",
        "ana@example-.org",
        "ana@exam_ple.org",
        "ana@127.0.0.1",
        "ana@[127.0.0.1]",
        "an a@example.org",
        "ana@exam ple.org",
        "ana\n@example.org",
        "ana@example.org\r\nbcc: x@example.org",
        "ana\0@example.org",
        "ana@b@example.org",
        ".ana@example.org",
        "ana.@example.org",
        "a..b@example.org",
        '"ana"@example.org',
        "<ana@example.org>",
        "ana\u200b@example.org",
        "ana\u202e@example.org",
        "\ud800@example.org",
        "x" * 65 + "@example.org",
        "ana@" + "x" * 64 + ".org",
        "ana@" + "x." * 130 + "org",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadEmail, match="not an e-mail address"):
        clean_email(text)


@given(LOCAL, DOMAIN)
def test_an_address_has_one_identity_whatever_its_case_and_surroundings(local: str, domain: str) -> None:
    email = f"{local}@{domain}"
    kept = clean_email(f"  {email.upper()} ")
    assert email_identity(kept) == email_identity(email)


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    email_identity(text)
    with suppress(BadEmail):
        assert clean_email(clean_email(text)) == clean_email(text)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=140))
def test_any_text_is_a_password_or_refused_with_a_way_out(text: str) -> None:
    refused: WeakPassword | None = None
    try:
        check_password(text, email="ana@example.org")
    except WeakPassword as error:
        refused = error
    assert refused is None or "Nothing was saved. Choose another" in refused.detail


@pytest.mark.parametrize(
    "weak", ["abababababab", "abcabcabcabc", "0123456789", "jihgfedcba", "Password1234", "QWERTYUIOP"]
)
def test_patterns_and_favourites_are_refused(weak: str) -> None:
    with pytest.raises(WeakPassword, match="first that are tried"):
        check_password(weak, email=None)


@pytest.mark.parametrize(
    "good",
    ["ten chars!", "пароль из четырёх слов", "🐢🐇🐢🐇🦊🐢🐇🐢🐇🐻", "x7" * 4 + "yz", "a" * 64 + "b" * 64],
)
def test_length_is_what_counts(good: str) -> None:
    check_password(good, email="ana@example.org")


def test_the_list_holds_only_what_the_length_rule_would_let_through() -> None:
    assert len(COMMON_PASSWORDS) > 400
    assert all(len(word) >= 10 and word == word.lower() for word in COMMON_PASSWORDS)
