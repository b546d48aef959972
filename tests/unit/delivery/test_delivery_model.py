"""Playlists are exactly what RFC 8216 players expect."""

from reelm.base import AccountId, ClipId, ObjectId, RenditionId
from reelm.delivery import Rendition, master_playlist, media_playlist
from reelm.media import Piece


def rendition(name: str = "480p", peak: int = 900_000) -> Rendition:
    return Rendition(
        id=RenditionId(f"0{name:0>25}".replace("p", "7")),
        clip_id=ClipId("0" * 26),
        owner=AccountId("1" * 26),
        name=name,
        codecs="avc1.64001f,mp4a.40.2",
        width=480,
        height=854,
        peak_bits_per_second=peak,
        average_bits_per_second=peak // 2,
        frame_rate=29.97,
        object_id=ObjectId("2" * 26),
        pieces=(
            Piece("aa" * 32, 0, 800, bytes(16), 0),
            Piece("bb" * 32, 800, 5000, bytes([1] * 16), 500),
            Piece("cc" * 32, 5800, 9000, bytes([2] * 16), 1998),
        ),
    )


def test_the_master_playlist_offers_the_lowest_rung_first() -> None:
    text = master_playlist([rendition("720p", 2_500_000), rendition("480p", 900_000)])

    bandwidths = [line for line in text.splitlines() if line.startswith("#EXT-X-STREAM-INF")]
    assert [line.split(":")[1].split(",")[0] for line in bandwidths] == [
        "BANDWIDTH=900000",
        "BANDWIDTH=2500000",
    ]


def test_a_master_playlist_names_codecs_size_and_rate() -> None:
    assert master_playlist([rendition()]).splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        (
            "#EXT-X-STREAM-INF:BANDWIDTH=900000,AVERAGE-BANDWIDTH=450000,"
            'CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=480x854,FRAME-RATE=29.970,VIDEO-RANGE=SDR'
        ),
        f"{rendition().id}/media.m3u8",
    ]


def test_a_master_playlist_says_that_more_renditions_will_join() -> None:
    said = '#EXT-X-SESSION-DATA:DATA-ID="reelm.is-growing",VALUE="YES"'
    assert said in master_playlist([rendition()], is_growing=True).splitlines()
    assert said not in master_playlist([rendition()])


def test_every_piece_of_a_media_playlist_has_its_key_line_and_the_init_segment_too() -> None:
    assert media_playlist(rendition(), segment_url="/segments/{name}.m4s").splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-TARGETDURATION:2",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        '#EXT-X-KEY:METHOD=AES-128,URI="key",IV=0x' + "00" * 16,
        f'#EXT-X-MAP:URI="/segments/{"aa" * 32}.m4s"',
        '#EXT-X-KEY:METHOD=AES-128,URI="key",IV=0x' + "01" * 16,
        "#EXTINF:0.500,",
        f"/segments/{'bb' * 32}.m4s",
        '#EXT-X-KEY:METHOD=AES-128,URI="key",IV=0x' + "02" * 16,
        "#EXTINF:1.998,",
        f"/segments/{'cc' * 32}.m4s",
        "#EXT-X-ENDLIST",
    ]
