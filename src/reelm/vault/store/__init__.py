"""All SQL of the vault: ``tables`` declares, the other files ask and change, one file per thing.

An object's row is written before its first byte (``intent``) and names every fragment that may come to exist,
so a crash leaves nothing that the records do not know. It becomes readable in one step (``stored``) and
unreadable in one step (``deleting``); the row goes away only after the fragments are gone.
"""

from reelm.vault.store.entries import (
    EntryRecord,
    Packed,
    add_entries,
    due_packs,
    entries_of,
    find_entry,
    find_receipt,
    find_receipts,
    move_entries,
    remove_entries_of,
    remove_entry,
    retire,
)
from reelm.vault.store.objects import (
    FragmentRecord,
    ObjectRecord,
    abandon,
    add_intent,
    find,
    find_reference,
    forget,
    mark_deleting,
    mark_deleting_of,
    mark_ended,
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
from reelm.vault.store.tables import entries, former_fragments, fragments, moves, objects, packs, providers

__all__ = [
    "EntryRecord",
    "FragmentRecord",
    "ObjectRecord",
    "Packed",
    "ProviderRecord",
    "abandon",
    "add_entries",
    "add_intent",
    "all_providers",
    "closed_providers",
    "due_packs",
    "enrol",
    "entries",
    "entries_of",
    "find",
    "find_entry",
    "find_provider",
    "find_receipt",
    "find_receipts",
    "find_reference",
    "forget",
    "former_fragments",
    "fragments",
    "mark_deleting",
    "mark_deleting_of",
    "mark_ended",
    "mark_stored",
    "move_entries",
    "moves",
    "objects",
    "packs",
    "providers",
    "remove_entries_of",
    "remove_entry",
    "retire",
    "set_stage",
    "unfinished",
]
