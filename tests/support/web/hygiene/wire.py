"""The network of a namespace: a way out that leads nowhere, names that all exist, and a record of it all."""

import ctypes
import socket
import struct
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

_WAY_OUT = """
ip link set lo up
ip link add out type veth peer name nowhere
ip addr add 10.66.0.1/24 dev out
ip link set out up
ip link set nowhere up
ip neigh add 10.66.0.2 lladdr 02:00:00:00:00:02 dev out
ip route add default via 10.66.0.2
mount --bind {resolver} /etc/resolv.conf
"""
_EVERY_PROTOCOL, _LEAVING = 0x0003, 4
_IPV4, _TCP, _UDP = 0x0800, 6, 17
_SYN, _ACK = 0x02, 0x10
_DNS_PORT = 53
_HEAD_BYTES = 128
# From <linux/if_packet.h> and <asm-generic/socket.h>; Python has no names for them.
_SOL_PACKET, _PACKET_STATISTICS, _SO_ATTACH_FILTER = 263, 6, 26
# The kernel hands over datagrams and what opens a connection: an upload over loopback is too much to look at.
# As tcpdump -d writes it, for a frame with its Ethernet header.
_FILTER = (
    (0x28, 0, 0, 12),  # ldh [12]: the protocol
    (0x15, 0, 8, _IPV4),  # jeq IPv4, else reject
    (0x30, 0, 0, 23),  # ldb [23]: what is in it
    (0x15, 5, 0, _UDP),  # jeq UDP: accept
    (0x15, 0, 5, _TCP),  # jeq TCP, else reject
    (0xB1, 0, 0, 14),  # ldxb 4*([14]&0xf): the length of its head
    (0x50, 0, 0, 27),  # ldb [x + 27]: the flags
    (0x54, 0, 0, _SYN | _ACK),  # and
    (0x15, 0, 1, _SYN),  # jeq SYN alone, else reject
    (0x06, 0, 0, _HEAD_BYTES),  # accept
    (0x06, 0, 0, 0),  # reject
)


@dataclass(frozen=True, slots=True, order=True)
class Contact:
    """Something that was reached for: a name that was looked up, a connection, a datagram."""

    how: str
    where: str
    port: int


@dataclass
class Wire:
    """Everything that leaves, whoever sends it; loopback as well.

    Names are answered with addresses of their own, so that a connection tells which name it was for.
    """

    contacts: list[Contact] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)
    _eye: socket.socket = field(init=False)

    @classmethod
    def laid(cls, folder: Path) -> Self:
        """In a namespace that this process is alone in; it must have the rights over it."""
        resolver = folder / "resolv.conf"
        resolver.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        for setting in ("all", "default", "lo"):
            Path(f"/proc/sys/net/ipv6/conf/{setting}/disable_ipv6").write_text("1")
        for line in _WAY_OUT.format(resolver=resolver).strip().splitlines():
            subprocess.run(line.split(), check=True)  # noqa: S603 - the fixed lines above
        wire = cls()
        wire._eye = _opened_eye()
        for watch in (wire._answer_names, wire._see_packets):
            threading.Thread(target=watch, daemon=True).start()
        return wire

    def missed(self) -> int:
        """Packets that came faster than they were looked at; what was seen is everything while it is 0."""
        counts = self._eye.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        _, dropped = struct.unpack("II", counts)
        return int(dropped)

    def since(self, mark: int, *, without: set[Contact]) -> list[Contact]:
        """What was reached for after ``len(contacts)`` was ``mark``, each once."""
        return sorted(set(self.contacts[mark:]) - without)

    def _answer_names(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", _DNS_PORT))
            while True:
                question, asker = server.recvfrom(2048)
                server.sendto(self._answer(question), asker)

    def _answer(self, question: bytes) -> bytes:
        """An address of its own for the name; for other kinds of records, none."""
        name, end = _name_in(question)
        self.contacts.append(Contact("name", name, _DNS_PORT))
        kind = struct.unpack_from("!H", question, end)[0]
        head = question[:2] + b"\x81\x80\x00\x01" + (b"\x00\x01" if kind == 1 else b"\x00\x00") + bytes(4)
        asked = question[12 : end + 4]
        if kind != 1:
            return head + asked
        address = self._address(name)
        return head + asked + b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" + socket.inet_aton(address)

    def _address(self, name: str) -> str:
        for address, known in self._names.items():
            if known == name:
                return address
        address = f"198.51.100.{len(self._names) + 1}"
        self._names[address] = name
        return address

    def _see_packets(self) -> None:
        while True:
            packet, (_, protocol, direction, *_) = self._eye.recvfrom(_HEAD_BYTES)
            if direction == _LEAVING and protocol == _IPV4:
                self._see(packet[14:])

    def _see(self, packet: bytes) -> None:
        length, protocol = (packet[0] & 0x0F) * 4, packet[9]
        where = socket.inet_ntoa(packet[16:20])
        if protocol not in {_TCP, _UDP}:
            return  # the kernel's own word that nobody listens
        source, port = struct.unpack_from("!HH", packet, length)
        is_name = protocol == _UDP and _DNS_PORT in {source, port} and where == "127.0.0.1"
        is_opening = protocol == _UDP or packet[length + 13] & (_SYN | _ACK) == _SYN
        if is_opening and not is_name:
            how = "datagram" if protocol == _UDP else "connection"
            self.contacts.append(Contact(how, self._names.get(where, where), port))


def _name_in(question: bytes) -> tuple[str, int]:
    """The name asked for, and where it ends."""
    at, labels = 12, []
    while length := question[at]:
        labels.append(question[at + 1 : at + 1 + length].decode("latin-1"))
        at += length + 1
    return ".".join(labels).lower(), at + 1


def _opened_eye() -> socket.socket:
    """Sees the packets of every interface that ``_FILTER`` lets through."""
    eye = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERY_PROTOCOL))
    lines = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in _FILTER))
    program = struct.pack("HP", len(_FILTER), ctypes.addressof(lines))
    eye.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
    return eye
