"""The OpenAPI document of the routes of a real realm, opened in a folder that is thrown away."""

import json
import tempfile
from pathlib import Path

from reelm.app import open_realm, settings
from reelm.web.application import framework
from reelm.web.operations import Traffic


async def document() -> str:
    """Return the OpenAPI 3.1 document of this version, the same for every realm."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = settings.load(Path(folder))
        async with open_realm(chosen) as realm:
            app = framework(realm, traffic=Traffic(realm), public_url=chosen.public_url)
            return json.dumps(app.openapi_schema.to_schema(), indent=2, ensure_ascii=False) + "\n"
