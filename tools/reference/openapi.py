"""The OpenAPI document of the routes, which are the same for every realm."""

import json

from reelm.web.application import framework


def document() -> str:
    """Return the OpenAPI 3.1 document of this version."""
    return json.dumps(framework().openapi_schema.to_schema(), indent=2, ensure_ascii=False) + "\n"
