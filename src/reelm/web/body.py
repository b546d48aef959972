"""Read JSON bodies so that no bytes whatever are a fault of ours."""

from typing import Any

from litestar import Request

from reelm.web.errors import BadRequest


class JsonRequest(Request[Any, Any, Any]):
    """A request whose JSON may be hostile: the parser's own error covers neither bytes nor depth."""

    async def json(self) -> Any:
        """Return the parsed body.

        Raises:
            BadRequest: it is not UTF-8, or nested deeper than any request needs.
        """
        try:
            return await super().json()
        except (UnicodeDecodeError, RecursionError):
            raise BadRequest(
                "The request is not JSON in UTF-8, or is nested too deeply. Nothing was saved."
            ) from None
