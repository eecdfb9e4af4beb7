"""The parts of Airflow that the UI runs: one that ends is started again, one that ends at once ends all."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipeline import errors, local_ui


def _parts(tmp_path: Path, *scripts: str, **options: Any) -> Any:
    """Processes of the same form as Airflow's parts: their third argument names their log."""
    commands = [[sys.executable, "-c", script, f"part{number}"] for number, script in enumerate(scripts)]
    return local_ui._processes(commands, os.environ, tmp_path, **options)


def test_a_part_that_ends_is_started_again_and_the_others_go_on(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    sleep = "import time; time.sleep(60)"
    with _parts(tmp_path, sleep, "print('no such row', flush=True); raise SystemExit(1)") as processes:
        other, ended = processes
        ended.wait(30)
        local_ui._revive(processes, {0: -local_ui.LIVES, 1: time.monotonic() - local_ui.LIVES}, os.environ, tmp_path)
        assert processes[0] is other
        assert processes[1].pid != ended.pid
        assert f"part1 ended with status 1 and is started again; why is in its log, {tmp_path}/part1.log" in capfd.readouterr().out
        processes[1].wait(30)
        assert (tmp_path / "part1.log").read_text() == "no such row\nno such row\n", "the log of the first one is kept"


def test_a_task_that_has_a_group_of_its_own_ends_with_the_part_that_started_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('at work', flush=True); time.sleep(60)"
    part = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {task!r}], process_group=0).wait()"
    monkeypatch.setattr(local_ui, "STOP_WITHIN", 0.1)
    with _parts(tmp_path, part) as (process,):
        deadline = time.monotonic() + 30
        while "at work" not in (tmp_path / "part0.log").read_text() and time.monotonic() < deadline:
            time.sleep(0.05)
        tasks = psutil.Process(process.pid).children()
        assert len(tasks) == 1
    ended, working = psutil.wait_procs(tasks, timeout=30)
    assert (ended, working) == (tasks, [])


def test_who_says_stop_twice_waits_for_no_task(tmp_path: Path) -> None:
    busy = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('at work', flush=True); time.sleep(60)"
    with local_ui._stopping_on_signal() as stopping, _parts(tmp_path, busy, hurried=lambda: stopping() > 1):
        deadline = time.monotonic() + 30
        while "at work" not in (tmp_path / "part0.log").read_text() and time.monotonic() < deadline:
            time.sleep(0.05)
        for _ in range(2):
            signal.raise_signal(signal.SIGINT)
        told = time.monotonic()
    assert time.monotonic() - told < local_ui.STOP_WITHIN / 2


def test_what_nohup_starts_outlives_its_terminal() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with local_ui._stopping_on_signal() as stopping:
            signal.raise_signal(signal.SIGHUP)
            assert stopping() == 0
            signal.raise_signal(signal.SIGTERM)
            assert stopping() == 1
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_part_that_ends_at_once_ends_all_of_them(tmp_path: Path) -> None:
    with _parts(tmp_path, "print('no such setting', flush=True); raise SystemExit(2)") as processes:
        processes[0].wait(30)
        with pytest.raises(errors.Fatal, match=r"(?s)part0 ended with status 2.*no such setting"):
            local_ui._revive(processes, {0: time.monotonic()}, os.environ, tmp_path)
