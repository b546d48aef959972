"""All SQL of the vault: ``tables`` declares, the other files ask and change, one file per thing.

An object's row is written before its first byte (``intent``) and names every fragment that may come to exist,
so a crash leaves nothing that the records do not know. It becomes readable in one step (``stored``) and
unreadable in one step (``deleting``); the row goes away only after the fragments are gone.
"""

from reelm.vault.store.objects import (
    FragmentRecord,
    ObjectRecord,
    add_intent,
    find,
    find_reference,
    forget,
    mark_deleting,
    mark_missing,
    mark_stored,
    unfinished,
)
from reelm.vault.store.providers import (
    ProviderRecord,
    all_providers,
    closed_providers,
    enrol,
    find_provider,
    set_stage,
)
from reelm.vault.store.tables import entries, former_fragments, fragments, moves, objects, providers

__all__ = [
    "FragmentRecord",
    "ObjectRecord",
    "ProviderRecord",
    "add_intent",
    "all_providers",
    "closed_providers",
    "enrol",
    "entries",
    "find",
    "find_provider",
    "find_reference",
    "forget",
    "former_fragments",
    "fragments",
    "mark_deleting",
    "mark_missing",
    "mark_stored",
    "moves",
    "objects",
    "providers",
    "set_stage",
    "unfinished",
]
