import pytest

from reelm.ledger.merkle import leaf_hash
from reelm.ledger.tiles import ENTRIES, Edge, Tile, bundle, edge_of, entries_of, hashes_of, tiles_of


def test_the_paths_of_the_specification() -> None:
    assert Tile(0, 1234067).path == "tile/0/x001/x234/067"
    assert Tile(0, 0).path == "tile/0/000"
    assert Tile(1, 999, 17).path == "tile/1/999.p/17"
    assert Tile(63, 1000).path == "tile/63/x001/000"
    assert Tile(ENTRIES, 70_000_000, 1).path == "tile/entries/x070/x000/000.p/1"


def test_the_tree_of_seventy_thousand_leaves_of_the_specification() -> None:
    tiles = list(tiles_of(70_000))
    assert sum(tile.level == 0 and tile.is_full for tile in tiles) == 273
    assert [tile for tile in tiles if not tile.is_full] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert [tile for tile in tiles if tile.is_full and tile.level] == [Tile(1, 0)]
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(edge_of(256)) == [Tile(1, 0, 1)]


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 70_000])
def test_what_grows_has_exactly_the_tiles_of_its_size(size: int) -> None:
    edge = Edge()
    tiles = edge.append(leaf_hash(b"%d" % number) for number in range(size))
    tiles |= edge.partial_tiles()
    assert set(tiles) == set(tiles_of(size))
    assert all(len(data) == tile.width * 32 for tile, data in tiles.items())


@pytest.mark.parametrize("tile", [*tiles_of(70_000), *edge_of(70_000), Tile(ENTRIES, 3), Tile(5, 10**9, 3)])
def test_a_path_is_read_as_the_tile_that_wrote_it(tile: Tile) -> None:
    assert Tile.parse(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/1",
        "tile/00/000",
        "tile/64/000",
        "tile/0/x000/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/1000",
        "tile/0/001/000",
        "tile/0/000/",
        "tile/entries/../../checkpoint",
        "tile/entries/000\n",
        "/tile/0/000",
        "tile/data/000",
        "checkpoint",
    ],
)
def test_what_is_no_path_of_a_tile_is_not_read(path: str) -> None:
    assert Tile.parse(path) is None


def test_a_bundle_keeps_entries_of_every_length() -> None:
    entries = [b"", b"a", bytes(65_535), b"\xe2\x80\xa8"]
    assert entries_of(bundle(entries)) == entries
    assert bundle([b"ab"]) == b"\x00\x02ab"


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x02a", b"\x00\x01ab"])
def test_a_cut_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="cut"):
        entries_of(data)


def test_a_copy_of_an_edge_grows_by_itself() -> None:
    edge = Edge()
    edge.append([leaf_hash(b"a")])
    root, other = edge.root, edge.copy()
    other.append([leaf_hash(b"b")])
    assert (edge.size, edge.root, other.size) == (1, root, 2)
    assert hashes_of(edge.partial_tiles()[Tile(0, 0, 1)]) == [leaf_hash(b"a")]
