"""Say things on a terminal."""

import sys


def say(line: str) -> None:
    """Show one line to whoever started the command; dropped without a word when nobody listens any more."""
    try:
        sys.stdout.write(f"{_writable(line)}\n")
        sys.stdout.flush()
    except (BrokenPipeError, OSError):  # the terminal is gone; the realm must not stop for that
        return


def complain(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _writable(line: str) -> str:
    """Return the line as the terminal's encoding can show it; what it lacks becomes an escape."""
    encoding, errors = sys.stdout.encoding or "utf-8", sys.stdout.errors or "strict"
    try:
        line.encode(encoding, errors)
    except UnicodeEncodeError:
        return line.encode(encoding, "backslashreplace").decode(encoding)
    return line


def duration(seconds: float) -> str:
    """Return a length of time as people say it: 8 s, 4 min 10 s, 3 h 20 min, 2 d 5 h."""
    whole = int(seconds)
    for unit, small, size, below in (("d", "h", 86_400, 3_600), ("h", "min", 3_600, 60), ("min", "s", 60, 1)):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // below} {small}"
    return f"{whole} s"


def size(count_bytes: float) -> str:
    """Return bytes as people read them: 812 B, 4.1 kB, 1.3 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count_bytes < 1000:
            return f"{count_bytes:.0f} B" if unit == "B" else f"{count_bytes:.1f} {unit}"
        count_bytes /= 1000
    return f"{count_bytes:.1f} TB"
