from reelm.media.rates import Span, average_bits, peak_bits


def test_the_peak_ignores_pieces_shorter_than_half_a_target() -> None:
    spans = [Span(size_bytes=125_000, duration_ms=500), Span(size_bytes=125_000, duration_ms=2000)]
    # Alone the first would be 2 Mbit/s; no player has to sustain that for half a second of start-up.
    assert peak_bits(spans) == 800_000
    assert average_bits(spans) == 800_000


def test_the_peak_of_one_piece_is_its_own_rate() -> None:
    assert peak_bits([Span(size_bytes=1000, duration_ms=300)]) == average_bits(
        [Span(size_bytes=1000, duration_ms=300)]
    )
