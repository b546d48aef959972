"""One visitor has one address, whatever socket and proxy make of it."""

import pytest

from reelm.web.addresses import plain_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:5123", "203.0.113.9"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("[::ffff:203.0.113.9]:443", "203.0.113.9"),
        ("[2001:db8::1]:8443", "2001:db8::1"),
        ("[2001:DB8:0::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("unknown", "unknown"),
        ("", ""),
        ("999.1.1.1:80", "999.1.1.1:80"),
        ("203.0.113.9:5123:1", "203.0.113.9:5123:1"),
    ],
)
def test_an_address_is_written_in_one_way(text: str, address: str) -> None:
    assert plain_address(text) == address
    assert plain_address(address) == address
