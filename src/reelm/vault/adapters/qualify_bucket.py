"""Qualify a bucket: who is let in, and what its server does that nothing here relies on."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError

from reelm.base import Clock, DestinationFailed, Entropy, Secret
from reelm.vault.adapters.credentials import Credentials
from reelm.vault.adapters.multipart import MultipartUpload, forget_unfinished
from reelm.vault.adapters.s3 import S3Store
from reelm.vault.errors import StoreFailed, VaultError
from reelm.vault.qualification import (
    Check,
    Finding,
    Qualification,
    StoreQualifier,
    noted,
    ok,
    run_checks,
    unfit,
)

# An S3 server refuses requests whose time is 15 minutes off.
_SKEW_SECONDS = 300


async def qualify_bucket(store: S3Store, *, clock: Clock, entropy: Entropy) -> Qualification:
    """Try a bucket out and return the findings; what was written there is removed again."""
    qualifier = StoreQualifier(store, clock=clock, entropy=entropy)
    bucket = _BucketQualifier(store, qualifier.name, clock)
    first, *others, deletion, last = qualifier.checks()
    try:
        findings = await run_checks([first, *others, *bucket.checks(), deletion, last])
    finally:
        await qualifier.clean_up()
    return Qualification(store.bucket.url, tuple(findings))


class _BucketQualifier:
    """Checks only a bucket; ``name`` is a fragment that is there, and may be overwritten."""

    def __init__(self, store: S3Store, name: str, clock: Clock) -> None:
        self._store = store
        self._bucket = store.bucket
        self._name = name
        self._clock = clock

    def checks(self) -> list[tuple[str, Check]]:
        """Return the checks with their names, in the order in which to run them."""
        return [
            ("encryption", self.look_at_encryption),
            ("wrong secret", self.use_wrong_secret),
            ("no credentials", self.use_no_credentials),
            ("listing", self.list_names),
            ("unfinished uploads", self.leave_an_upload),
            ("conditional writes", self.write_conditionally),
            ("clock", self.compare_clocks),
        ]

    async def look_at_encryption(self) -> Finding:
        """Note whether requests are encrypted."""
        if self._bucket.url.startswith("https://"):
            return ok("encryption", "TLS, with a certificate that this machine trusts.")
        return noted("encryption", "None: the server is on this machine.")

    async def use_wrong_secret(self) -> Finding:
        """Check that a wrong secret is refused."""
        right = self._bucket.credentials
        wrong = Credentials(right.access_key_id, Secret(right.secret.reveal()[::-1] + b"0"))
        region = self._bucket.region
        other = S3Store.open(self._bucket.url, self._store.place, wrong, clock=self._clock, region=region)
        try:
            await other.read(self._name, start=0, length=1)
        except VaultError:
            return ok("wrong secret", "Refused.")
        finally:
            await other.close()
        return unfit("wrong secret", "Accepted: anyone who knows the bucket's name reads and deletes there.")

    async def use_no_credentials(self) -> Finding:
        """Check that a request without credentials is refused."""
        url = f"{self._bucket.url}/{self._name}"
        try:
            answer = await self._bucket.outbound.request("GET", url)
        except DestinationFailed:
            return noted("no credentials", "Not answered.")
        if answer.status == 200:
            return unfit("no credentials", "Answered: the bucket is public. Make it private.")
        return ok("no credentials", f"Refused ({answer.status}).")

    async def list_names(self) -> Finding:
        """Note whether listing works."""
        try:
            answer = await self._bucket.ask("GET", "", {"list-type": "2", "prefix": self._name})
        except StoreFailed as error:
            return noted("listing", f"Does not work; nothing relies on it. {error.detail}")
        word = "Works" if self._name.encode() in answer.body else "Leaves out what is there"
        return noted("listing", f"{word}; nothing relies on it.")

    async def leave_an_upload(self) -> Finding:
        """Check that an unfinished upload can be found and taken back."""
        check = "unfinished uploads"
        upload = await MultipartUpload.begin(self._bucket, self._name)
        await upload.send(1, b"left behind")
        await forget_unfinished(self._bucket, self._name)
        try:
            await upload.send(2, b"to nobody")
        except StoreFailed:
            return ok(check, "Can be found and taken back.")
        await upload.abort()
        return noted(check, "Cannot be found after a crash. Have the bucket drop them after a day.")

    async def write_conditionally(self) -> Finding:
        """Note what becomes of a conditional write."""
        try:
            await obstore.put_async(self._store.remote, self._name, b"never", mode="create")
        except AlreadyExistsError:
            return noted("conditional writes", "Kept; nothing relies on them.")
        except BaseError:
            return noted("conditional writes", "Not offered; nothing relies on them.")
        return noted("conditional writes", "Ignored, and overwrote in silence; nothing relies on them.")

    async def compare_clocks(self) -> Finding:
        """Compare the server's clock with this machine's."""
        answer = await self._bucket.ask("HEAD", self._name)
        try:
            theirs = parsedate_to_datetime(answer.headers.get("date", ""))
        except ValueError:
            return noted("clock", "The server does not tell its time.")
        skew = abs((self._clock.now() - _aware(theirs)).total_seconds())
        told = f"Differs from this machine's by about {skew:.0f} s."
        return noted("clock", f"{told} Correct it." if skew > _SKEW_SECONDS else told)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
