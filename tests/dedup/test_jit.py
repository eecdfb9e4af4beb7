from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from pipeline.dedup import jit

CALLED = "from package.jit import inner\n@inner\ndef called():\n    return {}\n"
CALLER = "from package.called import called\nfrom package.jit import kernel\n@kernel\ndef caller():\n    return called()\n"


def answer(folder: Path) -> str:
    command = [sys.executable, "-c", "from package.caller import caller; print(caller())"]
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=300).stdout.strip()


def test_a_kernel_is_compiled_again_when_what_it_calls_has_changed(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    shutil.copy(jit.__file__, package / "jit.py")
    (package / "__init__.py").touch()
    (package / "caller.py").write_text(CALLER)
    (package / "called.py").write_text(CALLED.format(1))
    assert [answer(tmp_path), answer(tmp_path)] == ["1", "1"]
    (package / "called.py").write_text(CALLED.format(2))
    assert answer(tmp_path) == "2"
    assert len(list(package.glob("__pycache__/copydesk-kernels-*"))) == 2


def test_machine_code_is_kept_where_it_can_be_written() -> None:
    assert jit.CACHED
