"""Lend encodings to encoders elsewhere, and take what comes of them; a token names each."""

import base64
import binascii
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

import reelm
from reelm.media import EncoderId, EncoderUnknown, LeaseId, Sent
from reelm.web.caller import WITHOUT_COOKIE
from reelm.web.encoding import shapes
from reelm.web.errors import BadRequest, OtherVersion
from reelm.web.parameters import IdPath, Realm
from reelm.web.problems import documented
from reelm.workflows import OpenRealm
from reelm.workflows.encode import Lent, deliver, give_back, lend, read_source, recognise, renew, take_in

LEASES = "/api/encoding/leases"
# What one request brings or takes: small enough to be held in memory on both sides.
BLOCK_BYTES = 4 * 1024 * 1024
_OCTETS = "application/octet-stream"
_SCHEME = "bearer "
_NO_COOKIE = {WITHOUT_COOKIE: True}

RungPath = Annotated[str, PathParameter(pattern="[a-z0-9]{1,16}", description="a rung of the lease")]
StartQuery = Annotated[
    int, QueryParameter(name="start", ge=0, le=2**40, description="of the block, in bytes")
]
Asked = Request[Any, Any, Any]


class RawBlock(Operation):
    """Documents a raw request body."""

    def __post_init__(self) -> None:
        binary = OpenAPIMediaType(schema=Schema(content_media_type=_OCTETS))
        self.request_body = RequestBody(content={_OCTETS: binary}, required=True, description="ciphertext")


@post(
    LEASES,
    operation_id="take_encoding",
    responses=documented(400, 401, 409, 413, 503),
    tags=["encoding"],
    status_code=HTTP_200_OK,
    opt=_NO_COOKIE,
)
async def take_encoding(request: Asked, realm: Realm, data: JSONBody[shapes.Volunteer]) -> shapes.Work:
    """Ask for an encoding to do. The lease in the answer is null when there is nothing to do."""
    encoder = await _encoder(request, realm)
    if data.version != reelm.__version__:
        raise OtherVersion(
            f"The encoder runs version {data.version}, the realm {reelm.__version__}, and both have to be "
            "the same. Nothing was lent. Update the encoder."
        )
    found = await lend(encoder, realm=realm)
    return shapes.Work(lease=None if found is None else _lease(found))


@get(
    f"{LEASES}/{{lease_id:str}}/source",
    operation_id="read_source",
    responses=documented(400, 401, 404, 410, 503),
    tags=["encoding"],
    media_type=_OCTETS,
)
async def read_lease_source(
    request: Asked, realm: Realm, lease_id: IdPath, start: StartQuery
) -> Response[bytes]:
    """Up to 4 MiB of the lease's source; fewer only at its end."""
    encoder = await _encoder(request, realm)
    block = await read_source(LeaseId(lease_id), start, BLOCK_BYTES, encoder=encoder, realm=realm)
    return Response(block, media_type=_OCTETS, headers={"cache-control": "no-store"})


@put(
    f"{LEASES}/{{lease_id:str}}/progress",
    operation_id="renew_lease",
    responses=documented(400, 401, 410, 413, 503),
    tags=["encoding"],
    status_code=HTTP_204_NO_CONTENT,
    opt=_NO_COOKIE,
)
async def renew_lease(
    request: Asked, realm: Realm, lease_id: IdPath, data: JSONBody[shapes.EncodingProgress]
) -> None:
    """Say that the encoding goes on; a lease without such a word ends."""
    encoder = await _encoder(request, realm)
    await renew(LeaseId(lease_id), data.ratio, encoder=encoder, realm=realm)


@put(
    f"{LEASES}/{{lease_id:str}}/renditions/{{rung:str}}",
    operation_id="send_rendition",
    operation_class=RawBlock,
    responses=documented(400, 401, 409, 410, 413, 422, 503),
    tags=["encoding"],
    status_code=HTTP_204_NO_CONTENT,
    opt=_NO_COOKIE,
    request_max_body_size=BLOCK_BYTES,
)
async def send_rendition(
    request: Asked, realm: Realm, *, lease_id: IdPath, rung: RungPath, start: StartQuery
) -> None:
    """Send a block of a rung's ciphertext, at most 4 MiB. Safe to repeat."""
    encoder = await _encoder(request, realm)
    await take_in(LeaseId(lease_id), rung, start, await request.body(), encoder=encoder, realm=realm)


@post(
    f"{LEASES}/{{lease_id:str}}/delivery",
    operation_id="deliver_encoding",
    responses=documented(400, 401, 410, 413, 422, 503),
    tags=["encoding"],
    status_code=HTTP_204_NO_CONTENT,
    opt=_NO_COOKIE,
)
async def deliver_encoding(
    request: Asked, realm: Realm, lease_id: IdPath, data: JSONBody[shapes.EncodingDelivery]
) -> None:
    """Say that everything was sent, and where each piece ends. The realm looks before it believes."""
    encoder = await _encoder(request, realm)
    sent = {name: tuple(_sent(each) for each in pieces) for name, pieces in data.renditions.items()}
    await deliver(LeaseId(lease_id), sent, encoder=encoder, realm=realm)


@delete(
    f"{LEASES}/{{lease_id:str}}",
    operation_id="give_lease_back",
    responses=documented(400, 401, 410, 503),
    tags=["encoding"],
    status_code=HTTP_204_NO_CONTENT,
    opt=_NO_COOKIE,
)
async def give_lease_back(request: Asked, realm: Realm, lease_id: IdPath) -> None:
    """Say that it cannot be done here."""
    encoder = await _encoder(request, realm)
    await give_back(LeaseId(lease_id), encoder=encoder, realm=realm)


async def _encoder(request: Asked, realm: OpenRealm) -> EncoderId:
    said = request.headers.get("authorization", "")
    if not said.lower().startswith(_SCHEME):
        raise EncoderUnknown("This is for encoders elsewhere, which send their token. Nothing was done.")
    return await recognise(said[len(_SCHEME) :].strip(), realm=realm)


def _lease(found: Lent) -> shapes.Lease:
    return shapes.Lease(
        id=found.lease,
        probe=msgspec.to_builtins(found.wanted.probe),
        cut=msgspec.to_builtins(found.wanted.cut),
        keys={name: base64.b64encode(key.reveal()).decode() for name, key in found.keys.items()},
        source_bytes=found.source_bytes,
        lease_seconds=found.lease_seconds,
    )


def _sent(piece: shapes.SentPiece) -> Sent:
    try:
        return Sent(piece.length_bytes, base64.b64decode(piece.iv, validate=True))
    except (binascii.Error, ValueError):
        raise BadRequest("An IV is 16 bytes in Base64. Nothing was kept.", field="renditions") from None


ROUTES = [take_encoding, read_lease_source, renew_lease, send_rendition, deliver_encoding, give_lease_back]
