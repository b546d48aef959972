"""Stores over the S3 servers of the tests."""

from collections.abc import Sequence

import pytest

from reelm.base import SystemClock
from reelm.vault import ProviderId, ProviderPlace
from reelm.vault.adapters.s3 import S3Store
from support.vault.radosgw import Gateway

# All such tests in one process: a cluster takes a quarter of a minute to start.
S3_MARKS = [pytest.mark.slow, pytest.mark.xdist_group("s3")]
# What a Ceph gateway calls its only region, and does not check.
REGION = "default"


def open_s3(gateway: Gateway, *, provider: str = "", groups: frozenset[str] = frozenset()) -> S3Store:
    """One store in a gateway's bucket."""
    place = ProviderPlace(ProviderId(provider or f"provider-{gateway.number}"), groups)
    return S3Store.open(gateway.url, place, gateway.credentials, clock=SystemClock(), region=REGION)


def open_all(gateways: Sequence[Gateway]) -> list[S3Store]:
    return [open_s3(gateway) for gateway in gateways]
