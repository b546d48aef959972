"""Define what can be wrong with a request before it means anything to the realm.

::

    Invalid
    ├── BadRequest          not HTTP, JSON or parameters as the interface describes them
    │   ├── MethodNotAllowed  the address is there and does not do that
    │   ├── BadTusHeader      a resumable upload whose headers say nothing that can be done
    │   └── WrongTusVersion   a resumable upload by another version of the protocol
    ├── BadFileName         a name that is a path, or cannot be shown
    └── BadLength           an announced length that is no number
    TooLarge
    ├── BodyTooLarge        more than any request needs, apart from a video
    └── HeadTooLarge        headers or an address that no browser of ours sends
    Unsupported
    ├── NotAVideoType       an upload that does not claim to be a video
    └── NotATusBody         bytes of a resumable upload that do not claim to be that
    Unauthenticated
    └── SignInFirst         nobody is signed in
    Forbidden
    └── PageTokenMissing    a request that did not come from our own page
    Conflict
    └── OtherVersion        an encoder elsewhere that runs another version
    NotFound
    └── NoSuchAddress       no route and no file
    Unavailable
    ├── DiskFull            a file could not be written
    └── TooSlow             a small body that does not end
    Broken
    └── Fault               an error that nobody expected
"""

from reelm.base import (
    Broken,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsupported,
)


class BadRequest(Invalid):
    code = "web.bad-request"
    title = "The request cannot be understood"


class MethodNotAllowed(BadRequest):
    code = "web.method-not-allowed"
    title = "This address does not do that"


class BadTusHeader(BadRequest):
    code = "web.bad-tus-header"
    title = "Not a tus header"


class WrongTusVersion(BadRequest):
    code = "web.wrong-tus-version"
    title = "Another version of the protocol"


class BadFileName(Invalid):
    code = "web.bad-file-name"
    title = "Not a file name"
    field = "name"


class BadLength(Invalid):
    code = "web.bad-length"
    title = "Not a length"


class BodyTooLarge(TooLarge):
    code = "web.body-too-large"
    title = "The request is too large"


class HeadTooLarge(TooLarge):
    code = "web.head-too-large"
    title = "The request's head is too large"


class NotAVideoType(Unsupported):
    code = "web.not-a-video-type"
    title = "Not a video"


class OtherVersion(Conflict):
    code = "web.other-version"
    title = "Another version of the program"
    field = "version"


class NotATusBody(Unsupported):
    code = "web.not-a-tus-body"
    title = "Not the bytes of an upload"


class SignInFirst(Unauthenticated):
    code = "web.sign-in-first"
    title = "Sign in first"


class PageTokenMissing(Forbidden):
    code = "web.page-token-missing"
    title = "The request did not come from the page"


class NoSuchAddress(NotFound):
    code = "web.no-such-address"
    title = "There is nothing at this address"


class DiskFull(Unavailable):
    code = "web.disk-full"
    title = "The realm has no disk space"


class TooSlow(Unavailable):
    code = "web.too-slow"
    title = "The request came too slowly"


class Fault(Broken):
    code = "web.fault"
    title = "The realm has a fault"
    is_retryable = True
