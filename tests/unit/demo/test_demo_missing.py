"""A demo is refused, with a stable code, where its sample content is not beside the product."""

import os
import subprocess
import sys
from pathlib import Path

import reelm


def test_an_installed_package_says_that_it_has_no_demo(tmp_path: Path) -> None:
    installed = tmp_path / "lib" / "site-packages"
    installed.mkdir(parents=True)
    (installed / "reelm").symlink_to(Path(reelm.__file__).parent)
    data = tmp_path / "data"
    done = subprocess.run(  # noqa: S603 - our own program
        (sys.executable, "-P", "-m", "reelm", "demo", "--data", str(data)),
        env={**os.environ, "PYTHONPATH": str(installed)},
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "app.demo-missing" in done.stderr
    assert not data.exists()
