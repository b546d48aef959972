"""A file system that forgets, when its power is cut, what was never flushed.

It speaks the kernel's FUSE protocol over ``/dev/fuse`` itself, so it needs no library, but root. What is
written stays in the memory of a process of its own until ``fsync``; ``cut`` kills that process. With ``seed``
a part of the writes reaches the disk before it is asked for; with ``forgets_names`` a new, removed or renamed
file is only so after a flush of the folder. One folder, no folders in it.
"""
# ruff: noqa: ARG002 - every answer takes what the kernel sends

import ctypes
import errno
import json
import os
import random  # noqa: TID251 - seeded, so that a failure replays
import signal
import struct
import subprocess
import sys
from pathlib import Path

_IN = struct.Struct("<IIQQIIIHH")
_OUT = struct.Struct("<IiQ")
_ATTR = struct.Struct("<6Q10I")
_ENTRY = struct.Struct("<QQQQII")
_OPEN = struct.Struct("<QII")
_SETATTR = struct.Struct("<IIQQ")
_WRITE = struct.Struct("<QQIIQII")
_INIT_OUT = struct.Struct("<IIIIHHIIHHI28x")
_ROOT, _MAX_WRITE, _SIZE_FLAG, _DETACH = 1, 128 * 1024, 8, 2
_LIBC = ctypes.CDLL(None, use_errno=True)


class PowerFs:
    """The files of one mount, as the process that serves them has them."""

    def __init__(self, backing: Path, *, seed: int | None, forgets_names: bool) -> None:
        self._backing = backing
        self._random = None if seed is None else random.Random(seed)
        self._forgets_names = forgets_names
        self._names_file = backing / "names"
        self._names: dict[bytes, int] = {}
        if self._names_file.exists():
            self._names = {
                name.encode(): ino for name, ino in json.loads(self._names_file.read_text()).items()
            }
        self._files = {ino: bytearray(self._path(ino).read_bytes()) for ino in self._names.values()}
        self._next = max((int(path.stem) for path in backing.glob("*.data")), default=_ROOT) + 1
        self._answers = {
            1: self._lookup, 3: self._getattr, 4: self._setattr, 10: self._unlink, 12: self._rename,
            14: self._open, 15: self._read, 16: self._write, 17: self._statfs, 18: self._done,
            20: self._fsync, 25: self._done, 26: self._init, 27: self._open, 28: self._readdir,
            29: self._done, 30: self._fsyncdir, 34: self._done, 35: self._create, 45: self._rename2,
        }  # fmt: skip

    def serve(self, device: int) -> None:
        """Answer the kernel until the file system is unmounted."""
        while True:
            try:
                request = os.read(device, _MAX_WRITE + 8192)
            except OSError as error:
                if error.errno == errno.ENODEV:
                    return
                continue
            _, opcode, unique, node, *_ = _IN.unpack_from(request)
            if opcode in {2, 36, 42}:  # forget, interrupt: not to be answered
                continue
            answer = self._answers.get(opcode)
            code, body = 0, b""
            try:
                body = b"" if answer is None else answer(node, request[_IN.size :])
                code = -errno.ENOSYS if answer is None else 0
            except OSError as error:
                code = -(error.errno or errno.EIO)
            os.write(device, _OUT.pack(_OUT.size + len(body), code, unique) + body)

    def _path(self, ino: int) -> Path:
        return self._backing / f"{ino}.data"

    def _attr(self, ino: int) -> bytes:
        is_root = ino == _ROOT
        size = 0 if is_root else len(self._files[ino])
        mode = 0o040755 if is_root else 0o100644
        return _ATTR.pack(ino, size, -(-size // 512), 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

    def _entry(self, ino: int) -> bytes:
        return _ENTRY.pack(ino, 0, 0, 0, 0, 0) + self._attr(ino)

    def _names_changed(self) -> None:
        if not self._forgets_names:
            self._fsyncdir(_ROOT, b"")

    def _find(self, name: bytes) -> int:
        if name not in self._names:
            raise OSError(errno.ENOENT, "")
        return self._names[name]

    def _init(self, node: int, body: bytes) -> bytes:
        return _INIT_OUT.pack(7, 31, 65536, 0, 16, 12, _MAX_WRITE, 1, 0, 0, 0)

    def _lookup(self, node: int, body: bytes) -> bytes:
        return self._entry(self._find(body.rstrip(b"\0")))

    def _getattr(self, node: int, body: bytes) -> bytes:
        return struct.pack("<QII", 0, 0, 0) + self._attr(node)

    def _setattr(self, node: int, body: bytes) -> bytes:
        valid, _, _, size = _SETATTR.unpack_from(body)
        if valid & _SIZE_FLAG:
            data = self._files[node]
            del data[size:]
            data.extend(bytes(size - len(data)))
        return self._getattr(node, body)

    def _create(self, node: int, body: bytes) -> bytes:
        ino, self._next = self._next, self._next + 1
        self._files[ino] = bytearray()
        self._path(ino).touch()
        self._names[body[16:].rstrip(b"\0")] = ino
        self._names_changed()
        return self._entry(ino) + _OPEN.pack(0, 0, 0)

    def _unlink(self, node: int, body: bytes) -> bytes:
        self._find(body.rstrip(b"\0"))
        del self._names[body.rstrip(b"\0")]
        self._names_changed()
        return b""

    def _rename(self, node: int, body: bytes) -> bytes:
        old, new = body[8:].rstrip(b"\0").split(b"\0")
        self._names[new] = self._find(old)
        del self._names[old]
        self._names_changed()
        return b""

    def _rename2(self, node: int, body: bytes) -> bytes:
        return self._rename(node, body[:8] + body[16:])

    def _open(self, node: int, body: bytes) -> bytes:
        return _OPEN.pack(0, 0, 0)

    def _done(self, node: int, body: bytes) -> bytes:
        return b""

    def _read(self, node: int, body: bytes) -> bytes:
        _, offset, size = struct.unpack_from("<QQI", body)
        return bytes(self._files[node][offset : offset + size])

    def _write(self, node: int, body: bytes) -> bytes:
        _, offset, size, *_ = _WRITE.unpack_from(body)
        data, written = self._files[node], body[_WRITE.size : _WRITE.size + size]
        data.extend(bytes(max(0, offset - len(data))))
        data[offset : offset + size] = written
        if self._random is not None and self._random.random() < 0.5:
            with self._path(node).open("r+b") as file:
                file.seek(offset)
                file.write(written)
        return struct.pack("<II", size, 0)

    def _fsync(self, node: int, body: bytes) -> bytes:
        fresh = self._path(node).with_suffix(".fresh")
        fresh.write_bytes(self._files[node])
        fresh.replace(self._path(node))
        return b""

    def _fsyncdir(self, node: int, body: bytes) -> bytes:
        fresh = self._names_file.with_suffix(".fresh")
        fresh.write_text(json.dumps({name.decode(): ino for name, ino in self._names.items()}))
        fresh.replace(self._names_file)
        return b""

    def _readdir(self, node: int, body: bytes) -> bytes:
        _, offset, size = struct.unpack_from("<QQI", body)
        listed = b""
        for number, (name, ino) in enumerate(sorted(self._names.items()), start=1):
            row = struct.pack("<QQII", ino, number, len(name), 8) + name
            row += bytes(-len(row) % 8)
            if number > offset and len(listed) + len(row) <= size:
                listed += row
        return listed

    def _statfs(self, node: int, body: bytes) -> bytes:
        return struct.pack("<5Q4I24x", 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 4096, 255, 4096, 0)


class Mounted:
    """A mount whose power a test can cut, and bring back over what had been flushed."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "mount"
        self._backing = folder / "disk"
        self._server: subprocess.Popen[str] | None = None
        for each in (self.path, self._backing):
            each.mkdir()

    @staticmethod
    def is_possible() -> bool:
        return sys.platform == "linux" and os.geteuid() == 0 and os.access("/dev/fuse", os.R_OK | os.W_OK)

    def mount(self, *, seed: int | None = None, forgets_names: bool = False) -> None:
        arguments = [str(self._backing), str(self.path), json.dumps(seed), json.dumps(forgets_names)]
        self._server = subprocess.Popen(  # noqa: S603 - this very file
            [sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True
        )
        assert self._server.stdout is not None
        assert self._server.stdout.readline() == "mounted\n"

    def cut(self) -> None:
        """Cut the power: what was not flushed is gone, and nobody reaches the files until the next mount."""
        if self._server is not None:
            self._server.send_signal(signal.SIGKILL)
            self._server.wait()
            assert self._server.stdout is not None
            self._server.stdout.close()
            self._server = None
            assert _LIBC.umount2(os.fsencode(self.path), _DETACH) == 0


def main(backing: str, mount: str, seed: str, forgets_names: str) -> None:
    device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0".encode()
    files = PowerFs(Path(backing), seed=json.loads(seed), forgets_names=json.loads(forgets_names))
    if _LIBC.mount(b"powerfs", mount.encode(), b"fuse", 0, options) != 0:
        raise OSError(ctypes.get_errno(), "the power-cut file system was not mounted")
    sys.stdout.write("mounted\n")
    sys.stdout.flush()
    files.serve(device)


if __name__ == "__main__":
    main(*sys.argv[1:])
