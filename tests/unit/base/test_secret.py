"""Secrets hide, and sealed columns take nothing else."""

import copy
import pickle
import traceback

import pytest
from sqlalchemy import Column, MetaData, Table, create_engine, insert, select
from sqlalchemy.exc import StatementError

from reelm.base import DataClass, Keyed, KeyedDigest, Sealed, SealedBytes, Secret, column

HIDDEN = b"very secret bytes"


def test_a_secret_shows_nowhere() -> None:
    secret = Secret(b"very secret bytes")
    shown = f"{secret} {secret!r} {[secret]} {secret!s:>40}"
    assert "very secret" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.copy(secret)
    assert secret.reveal() == b"very secret bytes"


def test_a_secret_does_not_show_in_the_locals_of_a_traceback() -> None:
    def fail(secret: Secret) -> None:
        raise ValueError(str(secret))

    try:
        fail(Secret(HIDDEN))
    except ValueError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "very secret" not in shown
    assert "Secret(hidden)" in shown


def test_secrets_compare_by_content() -> None:
    assert Secret(b"a") == Secret(b"a")
    assert Secret(b"a") != Secret(b"b")
    assert Secret(b"a") != b"a"
    assert len({Secret(b"a"), Secret(b"a")}) == 1


def test_sealed_columns_take_sealed_values_only_and_give_them_back_typed() -> None:
    table = Table(
        "things",
        MetaData(),
        column("sealed", Sealed, klass=DataClass.PROTECTED, nullable=True),
        column("keyed", Keyed, klass=DataClass.PROTECTED, nullable=True),
    )
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(insert(table).values(sealed=SealedBytes(b"c"), keyed=KeyedDigest(b"d")))
        connection.execute(insert(table).values(sealed=None, keyed=None))
        row = connection.execute(select(table)).first()
        assert row is not None
        assert (type(row.sealed), type(row.keyed)) == (SealedBytes, KeyedDigest)
        for plain in ({"sealed": b"plaintext"}, {"sealed": KeyedDigest(b"d")}, {"keyed": SealedBytes(b"c")}):
            with pytest.raises(StatementError, match="this column takes"):
                connection.execute(insert(table).values(plain))
    engine.dispose()


def test_a_column_carries_its_data_class() -> None:
    made: Column[object] = column("caption", Sealed, klass=DataClass.PROTECTED)
    assert made.info == {"class": DataClass.PROTECTED}
