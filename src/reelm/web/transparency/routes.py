"""Serve what the realm says of itself beside its ledger: to everybody, without an account."""

from typing import Annotated

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter

from reelm.base import NotFound
from reelm.realm import declaration
from reelm.web.parameters import Realm
from reelm.web.problems import documented
from reelm.web.transparency import shapes
from reelm.web.transparency.render import declarations, holdings

# Providers confirm their entries meanwhile; versions only change with a restart.
_SOON = {"cache-control": "public, max-age=30"}
# Changes with the code alone.
_AN_HOUR = {"cache-control": "public, max-age=3600"}
_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}

_DOCUMENT = ResponseSpec(
    dict[str, object], generate_examples=False, description="docs/spec/manifest.md, In the ledger"
)

Number = Annotated[int, PathParameter(ge=1, le=2**31 - 1, description="of the version")]


@get("/api/manifest", operation_id="read_declarations", responses=documented(400, 503), tags=["transparency"])
async def read_declarations(realm: Realm) -> Response[shapes.Declarations]:
    """Every version of the manifest, who signed it and what it changed."""
    async with realm.database.read() as tx:
        history = await declaration.history(tx)
        standings = await declaration.provider_attestations(
            tx, realm.identity.version, today=realm.clock.now().date()
        )
    return Response(declarations(history, standings), headers=_SOON)


@get(
    "/api/manifest/{number:int}",
    operation_id="read_manifest_version",
    responses={**documented(400, 404, 503), 200: _DOCUMENT},
    tags=["transparency"],
)
async def read_version(realm: Realm, number: Number) -> Response[bytes]:
    """The document of one version: the very bytes whose SHA-256 is on the ledger and that were signed."""
    async with realm.database.read() as tx:
        history = await declaration.history(tx)
    documents = [version.document for version, _ in history if version.number == number]
    if not documents:
        raise NotFound(f"The manifest has {len(history)} versions, and none with number {number}.")
    return Response(documents[0], media_type="application/json", headers=_FOREVER)


@get("/api/inventory", operation_id="read_holdings", responses=documented(400), tags=["transparency"])
async def read_holdings() -> Response[shapes.Holdings]:
    """What the realm keeps, why, until when, where and how protected, column by column."""
    return Response(holdings(), headers=_AN_HOUR)


ROUTES = [read_declarations, read_version, read_holdings]
