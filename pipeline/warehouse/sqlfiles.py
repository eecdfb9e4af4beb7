"""The SQL files that analysts read and the code runs: `sql/` beside the package, or `pipeline/sql` in an installed wheel."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from pipeline.errors import Fatal

_PACKAGE = Path(__file__).resolve().parent.parent
MEND = "What to do: "
_COLUMN_LINE = re.compile(r"--   (\w+)  +(\S.*)")


@dataclass(frozen=True, slots=True)
class SqlFile:
    """One file of `sql/`: its name without suffix, its path in messages, and its text."""

    name: str
    path: Path
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def comment(self) -> str:
        """The sentences of the comment that opens the file, in one line, up to those that say what to do."""
        return self._sentences().partition(MEND)[0].strip()

    @property
    def mend(self) -> str:
        """Of a check: what to do when it fails, in one line; empty where the file does not say."""
        return "".join(self._sentences().partition(MEND)[1:])

    def _sentences(self) -> str:
        lines = [line[2:].strip() for line in self._header() if not _COLUMN_LINE.fullmatch(line)]
        return " ".join(line for line in lines if line)

    @property
    def columns(self) -> dict[str, str]:
        """Columns described in the opening comment, one a line: `--   name  meaning`."""
        return {m[1]: m[2] for line in self._header() if (m := _COLUMN_LINE.fullmatch(line))}

    def statements(self) -> Iterator[str]:
        """Yield the statements one by one; each ends with a semicolon at the end of a line."""
        pending = ""
        for line in self.text.splitlines(keepends=True):
            pending += line
            if line.rstrip().endswith(";") and sqlite3.complete_statement(pending):
                yield pending.strip().removesuffix(";")
                pending = ""
        if re.sub(r"--.*", "", pending).strip():
            raise Fatal(f"{self.path}: the last statement does not end with a semicolon")

    def _header(self) -> list[str]:
        lines = self.text.splitlines()
        return lines[: next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))]


def as_text(statement: str) -> sa.TextClause:
    """Return a statement as SQLAlchemy runs it just as it stands: no colon in it begins a parameter."""
    return sa.text(statement.replace(":", r"\:"))


def sql_folder() -> Path:
    """Return the folder of the SQL files."""
    for folder in (_PACKAGE / "sql", _PACKAGE.parent / "sql"):
        if (folder / "migrations").is_dir():
            return folder
    raise Fatal(f"the folder sql/ is neither in {_PACKAGE} nor beside it: install Copydesk again")


def sql_files(kind: str, dialect: str = "", *, root: Path | None = None) -> list[SqlFile]:
    """Return the files of `sql/<kind>`, by name; a file in its folder `<dialect>` stands in for one of the same name."""
    folder = (root or sql_folder()) / kind
    paths = {path.stem: path for path in folder.glob("*.sql")}
    if dialect:
        paths |= {path.stem: path for path in (folder / dialect).glob("*.sql")}
    return [SqlFile(name, path, path.read_text(encoding="utf-8")) for name, path in sorted(paths.items())]
