"""The digest of the code is one that anybody makes again with sha256sum."""

import subprocess
from hashlib import sha256

import reelm
from reelm.app.release import code_digest, page_digest
from source import ROOT

PACKAGE = ROOT / "src" / "reelm"


def test_the_code_has_the_digest_that_sha256sum_gives() -> None:
    command = (
        "find . -type f -not -path '*/__pycache__/*' -not -path './web/static/*' -printf '%P\\0'"
        " | LC_ALL=C sort -z | xargs -0 sha256sum"
    )
    shell = ["/bin/sh", "-c", command]
    listing = subprocess.run(shell, cwd=PACKAGE, capture_output=True, check=True).stdout  # noqa: S603 - a fixed command
    assert code_digest() == sha256(listing).hexdigest()
    assert code_digest() == code_digest() != page_digest()
    assert reelm.__version__
