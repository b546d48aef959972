"""What the pyproject.toml of a distribution says of it, as a wheel's metadata."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_REQUIREMENTS = Path("requirements") / "run.in"


@dataclass(frozen=True, slots=True)
class Project:
    """One distribution.

    Attributes:
        package: the folder of its only package.
        requires: what it needs, as pip has it.
        scripts: its programs, name and entry point.
        readme: in Markdown.
        license_text: None when it has no file of its own.
    """

    name: str
    version: str
    description: str
    license: str
    requires_python: str
    package: Path
    requires: Sequence[str]
    scripts: Mapping[str, str]
    readme: str
    license_text: str | None

    @classmethod
    def read(cls, folder: Path) -> "Project":
        said = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        project = said["project"]
        (package,) = said["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
        license_file = folder / "LICENSE"
        return cls(
            name=project["name"],
            version=project["version"],
            description=project["description"],
            license=project["license"],
            requires_python=project["requires-python"],
            package=folder / package,
            requires=project.get("dependencies") or _requirements(folder / _REQUIREMENTS),
            scripts=project.get("scripts", {}),
            readme=(folder / project["readme"]).read_text(encoding="utf-8"),
            license_text=license_file.read_text(encoding="utf-8") if license_file.exists() else None,
        )

    @property
    def stem(self) -> str:
        """As file names have it."""
        return f"{self.name.replace('-', '_')}-{self.version}"

    def metadata(self) -> str:
        """The METADATA file, by the core metadata specification 2.4."""
        lines = [
            "Metadata-Version: 2.4",
            f"Name: {self.name}",
            f"Version: {self.version}",
            f"Summary: {self.description}",
            f"License-Expression: {self.license}",
            *(["License-File: LICENSE"] if self.license_text else []),
            f"Requires-Python: {self.requires_python}",
            *(f"Requires-Dist: {each}" for each in self.requires),
            "Description-Content-Type: text/markdown",
        ]
        return "\n".join([*lines, "", self.readme])

    def entry_points(self) -> str:
        """The entry_points.txt file; empty for a distribution without programs."""
        if not self.scripts:
            return ""
        lines = [f"{name} = {self.scripts[name]}" for name in sorted(self.scripts)]
        return "\n".join(["[console_scripts]", *lines, ""])


def _requirements(path: Path) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return sorted(line for line in lines if line)
