"""Turn an S3 server's refusal into the vault's error.

Only the status and the server's one-word code are ever looked at or passed on: its text may quote the
request, and with it an access key.
"""

import re

from reelm.vault.errors import FailedCheck, FragmentRefused, StoreFailed, StoreFull, VaultError

_STATUS = re.compile(r"status code: ([1-5]\d\d)\b")
_WHOLE = "non-partial response"
_CODE = re.compile(r"<Code>([A-Za-z]{1,40})</Code>")
_FULL = frozenset({"QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "StorageFull"})
_BUSY = frozenset({"SlowDown", "TooManyRequests", "RequestLimitExceeded"})


def code_in(text: str) -> str:
    """Return the error code in an S3 answer, such as ``SlowDown``; empty when there is none."""
    found = _CODE.search(text)
    return found[1] if found else ""


def status_and_code(text: str) -> tuple[int | None, str]:
    """Return status and error code, out of an error of the client library."""
    if _WHOLE in text:
        return 200, _WHOLE
    found = _STATUS.search(text)
    return (int(found[1]) if found else None), code_in(text)


def refusal(provider: str, *, status: int | None, code: str) -> VaultError:
    """Return the error to raise; ``status`` is None when no whole answer came."""
    if code in _FULL or status == 507:
        return StoreFull(
            f"The bucket is full ({code or status}). The fragment was not kept. Raise its quota.",
            provider=provider,
        )
    if status == 416:
        return FragmentRefused(FailedCheck.TRUNCATED, "A fragment is shorter than it should be.")
    return StoreFailed(_reason(status, code), provider=provider)


def _reason(status: int | None, code: str) -> str:
    if status is None:
        return "The server did not answer properly. Check the network and the provider."
    named = " ".join(part for part in (str(status), code) if part)
    for matches, text in (
        (code == _WHOLE, "answers a request for a part with the whole, not 206. It is unfit as a store"),
        (code == "RequestTimeTooSkewed", "has another time than this machine ({}). Correct this machine's"),
        (status in {401, 403}, "refuses the credentials ({}). Check the store's key file and its rights"),
        (code in _BUSY or status in {429, 503}, "asks for fewer requests ({}). Try again later"),
        (code == "NoSuchBucket", "has no such bucket ({}). Check the store's url in the manifest"),
    ):
        if matches:
            return f"The server {text.format(named)}."
    return f"The server failed ({named}). Check the provider."
