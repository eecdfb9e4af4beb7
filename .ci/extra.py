"""Print the requirements of one extra of pyproject.toml, for a lock of that extra alone."""

import sys
import tomllib
from pathlib import Path

print("\n".join(tomllib.loads(Path("pyproject.toml").read_text())["project"]["optional-dependencies"][sys.argv[1]]))
