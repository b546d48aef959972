"""The manifest that a new realm on one machine starts with: valid, commented, and honest about what it is."""

import json
from collections.abc import Sequence

_HEAD = """\
# The manifest of this realm: who runs it, who owns that, where the data lies and who could reach it.
# It is read at every start; every fault is reported with its line. docs/spec/manifest.md describes each key.
# The first start puts it in the ledger; an edit counts once ./reelm manifest sign has put it there too.

[realm]
id = {id}
name = {name}
# The country whose law this realm follows, as a two-letter ISO 3166-1 code. "ZZ" says: not declared. That is
# accepted as long as there is no public_url; a realm that others are invited to names its countries and a
# real contact.
country = "ZZ"
# public_url = "https://reelm.example"

# The person or company that runs the realm and answers for it.
[operator]
name = "The person who started this realm"
country = "ZZ"
contact = "postmaster@localhost"
# register_id = "the number in a public register of companies"

# Who owns the operator.
[[owners]]
name = "The person who started this realm"
country = "ZZ"
share_percent = 100

# Who rents or sells the machines, and who controls them. tenure: owned, leased, colocated or cloud.
[[providers]]
id = "this-machine"
name = "This machine"
parent = "The person who started this realm"
country = "ZZ"
tenure = "owned"

[[sites]]
id = "here"
provider = "this-machine"
country = "ZZ"
city = "not declared"

# Where the fragments of every object are kept: any three of five restore it, and none can be read alone.
# These folders lie on one machine and most likely on one disk. That is enough to try things out, and it is no
# independence: whoever holds the disk holds all five, and losing it loses everything. For a realm that people
# rely on, put each store at another provider.
"""

_STORE = """
[[stores]]
id = {id}
site = "here"
folder = {folder}
"""

_TAIL = """
# How players fetch segments. "/" is the address that the page itself came from.
[[pathways]]
id = "origin"
kind = "origin"
base_url = "/"

# Who signs each version of this manifest, and, under [realm], how many of them it takes: key_threshold = 2.
# Make a key with ./reelm manifest key; put an edited manifest in the ledger with ./reelm manifest sign.
# [[keys]]
# id = "board"
# holder = "Ana Bello, for the board"
# key = "the line that ./reelm manifest key printed"

# Where this realm may connect to over HTTP, for what, and with which classes of data. All else is refused.
# [[destinations]]
# id = "purge-api"
# url = "https://api.cdn.example"
# purpose = "remove withdrawn clips from the CDN"
# data_classes = ["interop"]
"""


def default_manifest(realm: str, folders: Sequence[str]) -> str:
    """Return the TOML text of an embedded realm: one provider (this machine) and a store per folder.

    Args:
        realm: the realm's id, such as ``us``.
        folders: five different folders, relative to the data folder or absolute.
    """
    stores = (
        _STORE.format(id=_quote(f"store-{number}"), folder=_quote(folder))
        for number, folder in enumerate(folders, start=1)
    )
    return _HEAD.format(id=_quote(realm), name=_quote(f"Reelm {realm}")) + "".join(stores) + _TAIL


def _quote(text: str) -> str:
    """A TOML basic string: JSON's, except that TOML wants DEL escaped as well."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
