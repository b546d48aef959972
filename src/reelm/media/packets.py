"""Follow the packets of one stream without decoding any.

``inspection`` imports it on its own, so it imports nothing of the project. What a packet carries besides the
picture and the sound is looked at as far as that needs no decoder: H.264 in units with a length before each
(ISO/IEC 14496-15), AAC by its first element (ISO/IEC 14496-3, 4.4.2.1).
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import av

_PARAMETER_SETS, _NOTES = frozenset({7, 8}), 6
_ORIENTATION = 47  # the note that says how to turn the picture (ITU-T H.264, D.1.27)
_AAC_DATA_ELEMENT = 4


class Reach:
    """The time that the packets of one stream cover, in seconds, and how they are coded."""

    def __init__(self, codec: str = "", configuration: bytes = b"", sample_rate: int = 0) -> None:
        self._codec = codec
        self._configuration = configuration
        self._sample_rate = sample_rate
        self.start: Fraction | None = None
        self.end = Fraction(0)
        self.last_key = Fraction(0)
        self.times: list[Fraction] = []
        self.is_reordered = False
        self.size_bytes = 0
        self.keys: list[Fraction] = []
        self.decoded: Fraction | None = None
        self.has_steady_times = True
        self.has_clean_groups = True
        self.has_one_configuration = True
        self.has_data = False
        self.is_turned_by_note = False

    def add(self, packet: "av.Packet[Any]") -> None:
        self.size_bytes += packet.size
        self._look_inside(packet)
        if packet.pts is None or packet.time_base is None:
            self.has_steady_times = False
            return
        at = packet.pts * packet.time_base
        self._add_order(packet, at)
        self.is_reordered |= bool(self.times) and at < self.times[-1]
        self.times.append(at)
        self.start = at + self._skipped(packet) if self.start is None else min(self.start, at)
        self.end = max(self.end, at + (packet.duration or 0) * packet.time_base)
        if packet.is_keyframe:
            self.last_key = at

    def _skipped(self, packet: "av.Packet[Any]") -> Fraction:
        """Seconds at its beginning that nobody hears: what encoders of sound need to start up."""
        if not self._sample_rate or not packet.has_sidedata("skip_samples"):
            return Fraction(0)
        skipped = bytes(packet.get_sidedata("skip_samples"))[:4]
        return Fraction(int.from_bytes(skipped, "little"), self._sample_rate)

    def _look_inside(self, packet: "av.Packet[Any]") -> None:
        self.has_one_configuration &= not packet.has_sidedata("new_extradata")
        if self._codec == "h264":
            whole, found = memoryview(packet), 0
            for unit in units_of(whole, self._configuration):
                found += (self._configuration[4] & 3) + 1 + len(unit)
                kind = unit[0] & 0x1F
                if kind in _PARAMETER_SETS and bytes(unit) not in self._configuration:
                    self.has_one_configuration = False
                self.is_turned_by_note |= kind == _NOTES and _ORIENTATION in notes_in(unit)
            self.has_one_configuration &= found == len(whole)
        elif self._codec == "aac":
            self.has_data |= memoryview(packet)[0] >> 5 == _AAC_DATA_ELEMENT

    def _add_order(self, packet: "av.Packet[Any]", at: Fraction) -> None:
        decoded = None if packet.dts is None or packet.time_base is None else packet.dts * packet.time_base
        if decoded is None or (self.decoded is not None and decoded <= self.decoded):
            self.has_steady_times = False
        self.decoded = decoded
        if packet.is_keyframe:
            self.keys.append(at)
        elif not self.keys or at < self.keys[-1]:  # shown before the keyframe that it is decoded after
            self.has_clean_groups = False

    def longest_gap(self) -> Fraction:
        return max((later - sooner for sooner, later in pairwise(sorted(self.times))), default=Fraction(0))

    def longest_group(self) -> Fraction:
        return max((later - sooner for sooner, later in pairwise([*self.keys, self.end])), default=self.end)

    def frame_rate(self) -> float:
        """Return one over the usual distance, so that a pause in a variable rate does not count."""
        steps = sorted(later - sooner for sooner, later in pairwise(sorted(self.times)) if later > sooner)
        if not steps:
            return 30.0
        middle = steps[len(steps) // 2]
        usual = [step for step in steps if middle / 2 <= step <= middle * 3 / 2]
        return float(len(usual) / sum(usual, Fraction(0)))


def units_of(packet: memoryview, configuration: bytes) -> Iterator[memoryview]:
    """Yield the units of an H.264 packet as far as their lengths hold; none where they are not so written."""
    if len(configuration) < 7 or configuration[0] != 1:
        return
    width, at = (configuration[4] & 3) + 1, 0
    while at + width < len(packet):
        length = int.from_bytes(packet[at : at + width], "big")
        unit = packet[at + width : at + width + length]
        if not 0 < len(unit) == length:
            return
        yield unit
        at += width + length


def notes_in(unit: memoryview) -> Iterator[int]:
    """Yield the kinds of the notes (SEI) in a unit, as far as their lengths hold."""
    at = 1
    while at + 1 < len(unit) and unit[at] != 0x80:
        numbers = []
        for _ in range(2):  # kind, then length: each a byte, with 255 more for each 255 before it
            number = 0
            while at < len(unit) and unit[at] == 0xFF:
                number, at = number + 0xFF, at + 1
            if at >= len(unit):
                return
            number, at = number + unit[at], at + 1
            numbers.append(number)
        yield numbers[0]
        at += numbers[1]
