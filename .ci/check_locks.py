"""Check that the locks hold what pyproject.toml asks for, and no address of any registry."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = {
    "requirements.lock": ("postgres", "alerts", "build"),
    "requirements-dev.lock": ("postgres", "alerts", "build", "dev"),
    "requirements-scale.lock": ("postgres", "alerts", "build", "scale"),
}
ALONE = {"requirements-spark.lock": ("spark",)}  # without the project's own dependencies: installed beside requirements.lock
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", re.MULTILINE)


def problems() -> list[str]:
    """Return what is wrong with the locks, a line each."""
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    found: list[str] = []
    for lock, extras in (LOCKS | ALONE).items():
        text = Path(lock).read_text()
        pins = {canonicalize_name(name): version for name, version in PINNED.findall(text)}
        base = [] if lock in ALONE else project["dependencies"]
        wanted = [*base, *(r for extra in extras for r in project["optional-dependencies"][extra])]
        for requirement in map(Requirement, wanted):
            version = pins.get(canonicalize_name(requirement.name))
            if version is None or not requirement.specifier.contains(version, prereleases=True):
                found.append(f"{lock}: {requirement} is not met (pinned: {version}); run make lock")
        if "://" in text:
            found.append(f"{lock}: holds an address; compile it with make lock")
    return found


if __name__ == "__main__":
    sys.exit("\n".join(problems()) or 0)  # an empty string would be printed and exit with 1
