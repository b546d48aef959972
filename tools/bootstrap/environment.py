"""The Python packages: ``.venv`` from the hashed locks, by uv where it can be had, else by pip.

A changed lock or an interrupted installation rebuilds the environment from nothing; that is the same code
as the first start and takes seconds, since uv and pip keep what they fetched.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.bootstrap.pythons import candidates, choose
from tools.bootstrap.report import Report
from tools.bootstrap.stamp import Stamp, digest
from tools.bootstrap.trouble import ToolFailed, check_space

NEED_BYTES = {"run": 1_200_000_000, "dev": 2_000_000_000}
# pip's setting -> uv's variable; uv reads no pip configuration, and people configure pip.
_UV_VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "trusted-host": "UV_INSECURE_HOST",
}


class Environment:
    """``.venv`` and, in ``.tools``, uv."""

    def __init__(self, home: Path, report: Report) -> None:
        self._home = home
        self._report = report
        self._venv = home / ".venv"
        self._stamp = Stamp(self._venv / "reelm.json")
        self._maker = sys.executable
        self.python = self._venv / "bin" / "python"

    def is_ready(self, profile: str) -> bool:
        """Whether the packages of ``run`` or ``dev`` are there as the locks say."""
        content = self._stamp.read()
        # The folder is part of it: programs in .venv/bin name the folder they were made in. So is the Python
        # that its link leads to: after an update of the system it may be one that has none of the packages.
        made_by = {"folder": str(self._home), "python": os.path.realpath(self.python)}
        is_sound = self.python.exists() and made_by.items() <= content.items()
        return is_sound and content.get(profile) == self._lock_digest(profile)

    def choose(self) -> None:
        """Choose the Python for an environment that has to be made.

        Raises:
            Trouble: no Python here will do; nothing was made.
        """
        if self.is_ready("run"):  # to be extended at most
            return
        self._maker, refused = choose(candidates())
        if refused:
            self._report.say("\n".join([f"Using {self._maker}, since Reelm does not run with", *refused]))

    def prepare(self, profile: str) -> None:
        """Make it ready, with the Python that was chosen.

        Raises:
            Trouble: not enough space.
            ToolFailed: a tool failed.
        """
        is_extension = profile == "dev" and self.is_ready("run")
        need = NEED_BYTES["dev"] - NEED_BYTES["run"] if is_extension else NEED_BYTES[profile]
        check_space(self._home, need)
        content = self._stamp.read() if is_extension else {}
        self._stamp.remove()
        if not is_extension:
            command = [self._maker, "-m", "venv", "--clear", str(self._venv)]
            self._report.run("Making the Python environment", command, log="venv")
        self._install(profile)
        content |= {"folder": str(self._home), "python": os.path.realpath(self.python)}
        # The developers' lock holds everything of the other one, at the same versions.
        for covered in ("run", "dev") if profile == "dev" else ("run",):
            content[covered] = self._lock_digest(covered)
        self._stamp.write(content)

    def install_into(self, target: Path, lock: str, *, title: str) -> None:
        """Packages of one lock in a folder of their own, replaced as a whole."""
        stamp = Stamp(target / "reelm.json")
        wanted = {"lock": digest(self._lock(lock))}
        if stamp.read() == wanted:
            return
        fresh = target.with_name(f"{target.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        command = [*self._pip(), "--no-deps", "--target", str(fresh), "-r", str(self._lock(lock))]
        self._report.run(title, command, log=target.name)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
        stamp.write(wanted)

    def _install(self, profile: str) -> None:
        lock = self._lock(profile)
        count = len(re.findall(r"^[\w.-]+==", lock.read_text(encoding="utf-8"), re.MULTILINE))
        title = f"Installing {count} Python packages"
        uv = self._uv()
        if uv is not None:
            command = [str(uv), "pip", "install", "--python", str(self.python), "--compile-bytecode"]
            command += ["--require-hashes", "--no-deps", "-r", str(lock)]
            try:
                self._report.run(title, command, log="packages", environment=self._uv_environment())
            except ToolFailed:
                self._report.say("  uv could not; trying pip, which knows your own configuration best")
            else:
                return
        self._report.run(title, [*self._pip(), "--no-deps", "-r", str(lock)], log="packages")

    def _uv(self) -> Path | None:
        """The installer, in a folder of its own; None when this machine cannot have it."""
        target = self._home / ".tools" / "uv"
        try:
            self.install_into(target, "uv", title="Fetching the installer")
        except ToolFailed as failed:
            if failed.is_network:  # pip would not get further with the rest
                raise
            return None
        return target / "bin" / "uv"

    def _pip(self) -> list[str]:
        command = [
            str(self.python),
            "-m",
            "pip",
            "install",
            "--require-hashes",
            "--disable-pip-version-check",
        ]
        return command if "PIP_RETRIES" in os.environ else [*command, "--retries", "2"]

    def _uv_environment(self) -> Mapping[str, str]:
        environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
        for name, value in self._pip_configuration().items():
            variable = _UV_VARIABLES.get(name)
            if variable and variable not in environment:
                environment[variable] = " ".join(value.split())
        if "UV_INDEX" in environment:
            # As pip does it. Every file must match a hash of the lock, whichever index it came from.
            environment.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
        return environment

    def _pip_configuration(self) -> dict[str, str]:
        """The settings of pip itself. Kept in memory only: addresses may carry passwords."""
        command = [str(self.python), "-m", "pip", "config", "list"]
        asked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
        found = re.findall(r"^[\w:.-]+?\.([\w-]+)=('.*'|\".*\")$", asked.stdout, re.MULTILINE)
        return {name: str(ast.literal_eval(value)) for name, value in found}

    def _lock(self, name: str) -> Path:
        return self._home / "requirements" / f"{name}.txt"

    def _lock_digest(self, profile: str) -> str:
        return digest(self._lock(profile))
