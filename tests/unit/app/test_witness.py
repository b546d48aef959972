"""What a witness of the demo is told, from the policy that the realm publishes."""

import tomllib

import pytest

from reelm.app.witness import configuration

POLICY = """\
log us.example/ledger+0a0b0c0d+AQ== http://127.0.0.1:8420/ledger
witness one one.witness.localhost+01020304+BA== http://127.0.0.1:9001
witness two two.witness.localhost+05060708+BB== http://127.0.0.1:9002
group both all one two
quorum both
"""


def test_it_listens_at_its_own_address_and_watches_the_realms_log() -> None:
    assert tomllib.loads(configuration(POLICY, "two")) == {
        "listen": "127.0.0.1:9002",
        "folder": "seen",
        "keys": ["key"],
        "logs": [{"key": "us.example/ledger+0a0b0c0d+AQ=="}],
    }


@pytest.mark.parametrize(("policy", "name"), [("", "one"), ("quorum none\n", "one"), (POLICY, "three")])
def test_without_a_log_or_an_address_there_is_nothing_to_do(policy: str, name: str) -> None:
    with pytest.raises(ValueError, match="names no log"):
        configuration(policy, name)
