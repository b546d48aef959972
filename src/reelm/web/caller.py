"""Tell who is asking: read the session cookie inside the request's own unit of work."""

from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.datastructures import Cookie

from reelm.accounts import SESSION_SECONDS, SessionToken
from reelm.base import AccountId, Tx
from reelm.web.errors import SignInFirst
from reelm.workflows import OpenRealm


@dataclass(frozen=True)
class Caller:
    """The client of one request; nothing it says is trusted before ``viewer`` has looked it up."""

    token: SessionToken | None
    address: str
    realm: OpenRealm

    async def viewer(self, tx: Tx) -> AccountId | None:
        """Return the account that is signed in, or None."""
        return None if self.token is None else await self.realm.accounts.session(tx, self.token)

    @property
    def identity(self) -> str:
        """Return what this client is counted by: its session, or else its address."""
        return self.address if self.token is None else self.token.reveal()

    async def account(self, tx: Tx) -> AccountId:
        """Return the account that is signed in.

        Raises:
            SignInFirst: nobody is, or the session has ended.
        """
        viewer = await self.viewer(tx)
        if viewer is None:
            raise SignInFirst("This needs an account. Nothing was done. Sign in and try again.")
        return viewer


@dataclass(frozen=True)
class SessionCookie:
    """How the session travels: out of reach of scripts, and only over TLS where the realm has TLS."""

    is_secure: bool

    @property
    def name(self) -> str:
        """Return its name; the ``__Host-`` prefix makes browsers refuse it from anyone but this very host."""
        return "__Host-reelm-session" if self.is_secure else "reelm-session"

    def carrying(self, token: SessionToken) -> Cookie:
        return self._cookie(token.reveal(), max_age=SESSION_SECONDS)

    def cleared(self) -> Cookie:
        return self._cookie("", max_age=0)

    def caller(self, request: Request[Any, Any, Any], realm: OpenRealm) -> Caller:
        text = request.cookies.get(self.name)
        address = request.client.host if request.client else ""
        return Caller(SessionToken(text) if text else None, address, realm)

    def _cookie(self, value: str, *, max_age: int) -> Cookie:
        return Cookie(
            key=self.name,
            value=value,
            max_age=max_age,
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="lax",
        )
