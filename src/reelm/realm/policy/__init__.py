"""Decide what staff may do and what may leave the realm, by policies in Cedar that are public.

A ``Request`` is put to a ``PolicySet`` by ``decide``; the ``Decision`` holds what it takes to decide again,
so that anyone can check a decision in the ledger. A policy set that could make somebody all-powerful cannot
be made. docs/explanation/policy.md explains the rules.
"""

from reelm.realm.policy.decide import decide, decide_again, is_same_again
from reelm.realm.policy.model import Decision, Entity, Ref, Request, Value
from reelm.realm.policy.policies import PolicySet
from reelm.realm.policy.publish import Published, hold_to_published, policies_of, publish, published
from reelm.realm.policy.separation import Powers
from reelm.realm.policy.shipped import shipped_policies, shipped_schema
from reelm.realm.policy.staff import Access, Data, Member

__all__ = [
    "Access",
    "Data",
    "Decision",
    "Entity",
    "Member",
    "PolicySet",
    "Powers",
    "Published",
    "Ref",
    "Request",
    "Value",
    "decide",
    "decide_again",
    "hold_to_published",
    "is_same_again",
    "policies_of",
    "publish",
    "published",
    "shipped_policies",
    "shipped_schema",
]
