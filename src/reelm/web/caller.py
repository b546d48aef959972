"""Tell who is asking, and whether this realm's page does, by cookies that no other realm's are taken for.

Cookies know hosts and no ports, so each realm has names of its own: another one on this host, or one that was
in this folder before, neither reads nor replaces them. What changes something carries the page's token, which
is a keyed digest of the session, or of a visitor's cookie where there is none. ``GET /api/session`` gives it
to whoever may read its answer, which is this realm's own page.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from reelm.accounts import SESSION_SECONDS, SessionToken
from reelm.base import AccountId, Network, Tx
from reelm.web.errors import PageTokenMissing, SignInFirst
from reelm.workflows import OpenRealm


@dataclass(frozen=True)
class Caller:
    """The client of one request; nothing it says is trusted before ``viewer`` has looked it up."""

    token: SessionToken | None
    visitor: str | None
    address: str
    realm: OpenRealm

    async def viewer(self, tx: Tx) -> AccountId | None:
        """Return the account that is signed in, or None."""
        return None if self.token is None else await self.realm.accounts.session(tx, self.token)

    @property
    def network(self) -> Network:
        """Return what somebody who is not signed in is counted by."""
        return Network.of(self.address)

    async def account(self, tx: Tx) -> AccountId:
        """Return the account that is signed in.

        Raises:
            SignInFirst: nobody is, or the session has ended.
        """
        viewer = await self.viewer(tx)
        if viewer is None:
            raise SignInFirst("This needs an account. Nothing was done. Sign in and try again.")
        return viewer


SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
TOKEN_HEADER = "x-csrftoken"  # noqa: S105 - the name of a header
WITHOUT_COOKIE = "is_without_cookie"
"""Marks a route that takes no cookie, so that no page can make a browser use it in somebody's name."""

_VISITOR_BYTES = 16
_KNOWN_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True)
class SessionCookie:
    """How the session travels: out of reach of scripts, and only over TLS where the realm has TLS."""

    is_secure: bool
    secret: bytes = field(repr=False)

    @classmethod
    def of(cls, realm: OpenRealm, *, is_secure: bool) -> "SessionCookie":
        return cls(is_secure, realm.identity.keys.secret("web/csrf").reveal())

    @property
    def name(self) -> str:
        """Return its name; the ``__Host-`` prefix makes browsers refuse it from anyone but this very host."""
        return f"{self._prefix}reelm-{self._mark}-session"

    @property
    def visitor_name(self) -> str:
        """Return the name of the cookie that the page's token is bound to while nobody is signed in."""
        return f"{self._prefix}reelm-{self._mark}-visitor"

    @property
    def former_name(self) -> str:
        """Return what the session was called before realms had names of their own; it is still read."""
        return f"{self._prefix}reelm-session"

    def carrying(self, token: SessionToken) -> Cookie:
        return self._cookie(self.name, token.reveal(), max_age=SESSION_SECONDS)

    def cleared(self) -> Cookie:
        """Return what ends this realm's own cookie; one of the former name may be another realm's."""
        return self._cookie(self.name, "", max_age=0)

    def visiting(self, visitor: str) -> Cookie:
        return self._cookie(self.visitor_name, visitor, max_age=None)

    def knowing(self, email: str) -> Cookie:
        """Return what a browser keeps that has signed in: a keyed digest of the address."""
        return self._cookie(self._known_name, self._known(email), max_age=_KNOWN_SECONDS)

    def knows(self, request: Request[Any, Any, Any], email: str) -> bool:
        """Return whether this browser signed in with this address before."""
        said = request.cookies.get(self._known_name, "").encode("utf-8", "surrogatepass")
        return hmac.compare_digest(said, self._known(email).encode())

    def new_visitor(self, realm: OpenRealm) -> str:
        return base64.urlsafe_b64encode(realm.entropy.draw(_VISITOR_BYTES)).rstrip(b"=").decode()

    def caller(self, request: Request[Any, Any, Any], realm: OpenRealm) -> Caller:
        text = self._session(request.cookies)
        address = request.client.host if request.client else ""
        visitor = request.cookies.get(self.visitor_name) or None
        return Caller(SessionToken(text) if text else None, visitor, address, realm)

    def page_token(self, token: SessionToken | None, visitor: str | None) -> str:
        """Return what a request with these cookies has to carry; without any there is no right token."""
        if token is not None:
            return self._digest("session", token.reveal())
        return "" if visitor is None else self._digest("visitor", visitor)

    def require_page_token(self, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        """Let a request go on that the page of this realm makes.

        Raises:
            PageTokenMissing: it is another one.
        """
        text = self._session(connection.cookies)
        wanted = self.page_token(
            SessionToken(text) if text else None, connection.cookies.get(self.visitor_name) or None
        )
        given = connection.headers.get(TOKEN_HEADER, "")
        if not wanted or not hmac.compare_digest(given.encode("latin-1", "replace"), wanted.encode()):
            raise PageTokenMissing(
                f"The request did not carry the page's token (header {TOKEN_HEADER}, given as page_token by "
                "GET /api/session). Nothing was done. Reload the page and try again."
            )

    @property
    def _known_name(self) -> str:
        return f"{self._prefix}reelm-{self._mark}-known"

    def _known(self, email: str) -> str:
        return self._digest("known", email.strip().lower())

    @property
    def _prefix(self) -> str:
        return "__Host-" if self.is_secure else ""

    @property
    def _mark(self) -> str:
        return self._digest("name", "")[:8]

    def _session(self, cookies: Mapping[str, str]) -> str:
        return cookies.get(self.name) or cookies.get(self.former_name) or ""

    def _digest(self, kind: str, text: str) -> str:
        said = f"{kind}\0{text}".encode("utf-8", "surrogatepass")
        return hmac.new(self.secret, said, hashlib.sha256).hexdigest()

    def _cookie(self, name: str, value: str, *, max_age: int | None) -> Cookie:
        return Cookie(
            key=name,
            value=value,
            max_age=max_age,
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="lax",
        )
