"""The published examples of AWS Signature Version 4 for S3."""

from datetime import UTC, datetime

import pytest

from reelm.base import Secret
from reelm.vault.adapters.credentials import Credentials, sign

EXAMPLE = Credentials("AKIAIOSFODNN7EXAMPLE", Secret(b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
AT = datetime(2013, 5, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "signature"),
    [
        ("lifecycle=", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ],
)
def test_the_published_examples_are_signed_as_published(query: str, signature: str) -> None:
    url = f"https://examplebucket.s3.amazonaws.com/?{query}"
    headers = sign("GET", url, EXAMPLE, region="us-east-1", body=b"", at=AT)
    assert headers["authorization"].endswith(f"Signature={signature}")
    assert "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request" in headers["authorization"]


def test_an_unsigned_body_is_declared_as_such() -> None:
    headers = sign("PUT", "https://s3.example.net/b/n", EXAMPLE, region="x", body=None, at=AT)
    assert headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    assert "wJalr" not in repr(EXAMPLE)
