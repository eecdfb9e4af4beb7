"""The command line as a user meets it: exit status, messages, no stack trace for a mistake."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
Call = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def copydesk(tmp_path: Path) -> Call:
    """Run the command line in an empty folder."""

    def call(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("COPYDESK_")}
        return subprocess.run(
            [sys.executable, "-m", "pipeline", *arguments],
            cwd=tmp_path,
            env={**plain, "PYTHONPATH": str(ROOT), "COPYDESK_ATTEMPTS": "1", **environment},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return call


def told(done: subprocess.CompletedProcess[str], status: int) -> str:
    """Return what the user was told, having checked the status and that no stack trace was shown."""
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_named(tmp_path: Path, unbuffered: str) -> None:
    command = [sys.executable, "-m", "pipeline", "db", "upgrade"]
    environment = os.environ | {"COPYDESK_WAREHOUSE_URL": f"sqlite:///{tmp_path}/w.db", "PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("w") as full:  # which answers as a full disk does
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=120
        )
    assert re.search(r"the disk is full \(No space left on device\): make room where COPYDESK_STORE", told(done, 1))


def test_help_lists_the_commands_and_each_has_its_own(copydesk: Call) -> None:
    shown = copydesk("--help").stdout
    names = re.findall(r"^    (\w+) ", shown, re.MULTILINE)
    assert {"run", "clean", "dedup", "explain", "replay", "import", "quarantine", "report", "db", "newsroom", "raw"} <= set(names)
    assert "one line per input line" in copydesk("clean", "--help").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: COMMAND"),
        (["wash"], "invalid choice: 'wash'"),
        (["run", "--date", "yesterday"], "must be a day such as 2026-11-20, got 'yesterday'"),
        (["run", "--sources", "none.toml"], "none.toml: no such file"),
        (["run", "--from", "wash"], "invalid choice: 'wash'"),
        (["clean", "none.jsonl", "--output", "out.jsonl"], "none.jsonl"),
        (["dedup", "none.jsonl", "--output", "out.jsonl"], "none.jsonl"),
        (["explain", "nothing"], "'nothing' is no file here, no URL (http, https, file, s3) and no article id"),
        (["replay", "--since", "2026-11-01"], "the archive is empty"),
        (["import", "none.warc.gz"], "no such file: 'none.warc.gz'"),
        (["import", "."], "is a folder: '.'"),
        (["import", "x" * 5000], "import: File name too long: 'xxx"),
        (["run", "--sources", "."], ".: is a folder"),
        (["run", "--from", "clean", "--date", "2026-11-20"], "cannot go on from clean: the store holds no night yet"),
        (["store", "restore", "none.tar"], "restore: none.tar: cannot be read (No such file or directory)"),
        (["store", "dump", "no/folder/store.tar"], "name a file in a folder that can"),
        (["newsroom", "serve", "--port", "x"], "must be a whole number"),
        (["report", "--port", "9000"], "--port 9000 is for --serve"),
    ],
)
def test_a_wrong_call_is_told_with_status_2(copydesk: Call, arguments: list[str], message: str) -> None:
    assert message in told(copydesk(*arguments), 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explain", "0" * 32], "holds no article"),
        (["report"], "holds no night yet"),
        (["report", "--html", "out.html"], "holds no night yet"),
        (["sql", "SELEKT 1"], "sql: "),
        (["sql", "DELETE FROM articles"], "only queries that return rows"),
        (["sql", "SELECT 'Gr\udcf6\udcdfe'"], "is not in the encoding that LC_ALL or LANG names"),  # Größe in ISO 8859-1
    ],
)
def test_a_wrong_question_is_told_with_status_2(copydesk: Call, arguments: list[str], message: str) -> None:
    copydesk("db", "upgrade")
    assert message in told(copydesk(*arguments), 2)


def test_a_file_that_holds_no_page_is_named(copydesk: Call, tmp_path: Path) -> None:
    (tmp_path / "empty.html").write_text("")
    (tmp_path / "pages.jsonl").write_text('{"id": "a", "html": "<p>A page</p>"}\n')
    assert "explain: empty.html holds no page: empty: 0 bytes" in told(copydesk("explain", "empty.html"), 1)
    assert "pages.jsonl holds many documents, not one page: `copydesk clean`" in told(copydesk("explain", "pages.jsonl"), 2)


def test_what_a_night_reads_can_be_explained_as_the_quarantine_names_it(copydesk: Call, tmp_path: Path) -> None:
    texts = [f"What happened on day {n}\n\nThe council met in the town hall and voted for the new bridge." for n in (1, 2)]
    (tmp_path / "texts.jsonl").write_text("".join(json.dumps({"id": n, "text": text}) + "\n" for n, text in enumerate(texts)))
    (tmp_path / "day.txt.gz").write_bytes(gzip.compress(texts[1].encode()))
    for name in ("texts.jsonl#2", f"file://{tmp_path}/texts.jsonl#2", "day.txt.gz", f"file://{tmp_path}/day.txt.gz"):
        assert "What happened on day 2" in told_ok(copydesk("explain", name)), name
    assert "has no such record" in told(copydesk("explain", "texts.jsonl#3"), 1)
    assert "<html" in told_ok(copydesk("explain", "day.txt.gz", "--html", "-"))
    assert not (tmp_path / "-").exists()


def test_a_server_of_ones_own_is_refused_with_the_mend(copydesk: Call) -> None:
    assert "set COPYDESK_ALLOW_PRIVATE_HOSTS=1" in told(copydesk("explain", "http://127.0.0.1:9/x"), 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ["report"],
        ["report", "--html", "out.html"],
        ["sql", "SELECT 1"],
        ["quarantine", "list"],
        ["explain", "0" * 32],
        ["db", "status"],
    ],
)
def test_to_look_something_up_makes_no_warehouse(copydesk: Call, tmp_path: Path, arguments: list[str]) -> None:
    """In the wrong folder an answer of no rows would be taken for the truth."""
    assert f"there is no warehouse at {tmp_path}/data/warehouse.db yet" in told(copydesk(*arguments), 2)
    assert list(tmp_path.iterdir()) == []


def test_an_upgrade_makes_the_full_text_index_that_is_asked_for_and_never_takes_it_away(copydesk: Call) -> None:
    assert told_ok(copydesk("db", "upgrade", COPYDESK_FULL_TEXT="1")).endswith("made the full-text index\n")
    assert told_ok(copydesk("db", "upgrade")) == "the schema is up to date\n"
    assert told_ok(copydesk("db", "upgrade", COPYDESK_FULL_TEXT="1")) == "the schema is up to date\n"


def test_a_terminal_without_the_letters_is_shown_what_it_has(copydesk: Call) -> None:
    copydesk("db", "upgrade")
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    assert "op\\u0142ata" in told_ok(copydesk("sql", "SELECT 'op' || char(322) || 'ata' AS word", **ascii_only))


def test_a_quarantine_that_holds_nothing_of_the_kind_is_not_called_empty(copydesk: Call) -> None:
    copydesk("db", "upgrade")
    assert told_ok(copydesk("quarantine", "list")) == "the quarantine is empty\n"
    assert told_ok(copydesk("quarantine", "list", "--reason", "x")) == "nothing in the quarantine matches\n"


def test_a_sources_file_of_a_windows_editor_is_read(copydesk: Call, tmp_path: Path) -> None:
    content = '[[source]]\nid = "bbc"\nfeeds = ["ftp://x.example/rss"]\n'
    tmp_path.joinpath("my.toml").write_text(content, encoding="utf-8-sig")
    assert "feeds must be http(s) URLs" in told(copydesk("run", "--sources", "my.toml"), 2)


def test_a_tilde_that_the_shell_left_is_the_home_of_the_user(copydesk: Call, tmp_path: Path) -> None:
    """Few shells replace it in `make run SOURCES=~/my.toml`."""
    assert f"{tmp_path}/my.toml: no such file" in told(copydesk("run", "--sources", "~/my.toml", HOME=str(tmp_path)), 2)
    assert "~nobody-here/my.toml: no such file" in told(copydesk("run", "--sources", "~nobody-here/my.toml"), 2)


def test_a_malformed_sources_file_is_told_by_file_key_value_and_mend(copydesk: Call, tmp_path: Path) -> None:
    tmp_path.joinpath("my.toml").write_text('[[source]]\nid = "bbc"\nfeeds = ["ftp://x.example/rss"]\n')
    message = told(copydesk("run", "--sources", "my.toml"), 2)
    assert message.strip() == "copydesk: my.toml: source \"bbc\": feeds must be http(s) URLs, got 'ftp://x.example/rss'"


def test_a_database_that_is_dead_is_told_without_its_password(copydesk: Call, tmp_path: Path) -> None:
    tmp_path.joinpath("sources.toml").write_text('[[source]]\nid = "a"\nfiles = ["*.html"]\n')
    url = "postgresql://desk:s3cret@127.0.0.1:1/news"
    message = told(copydesk("run", COPYDESK_WAREHOUSE_URL=url), 1)
    assert "127.0.0.1:1/news" in message
    assert "s3cret" not in message


@pytest.mark.parametrize("command", ["run", "nightly"])
def test_a_night_of_the_web_that_lies_ahead_is_refused_before_any_work(command: str, copydesk: Call, tmp_path: Path) -> None:
    tmp_path.joinpath("sources.toml").write_text('[[source]]\nid = "a"\nfeeds = ["https://a.example/rss"]\n')
    assert re.search("the night of 2150-11-20 lies ahead", told(copydesk(command, "--date", "2150-11-20"), 2))
    assert [path.name for path in tmp_path.iterdir()] == ["sources.toml"]


@pytest.mark.slow
def test_a_source_that_cannot_be_reached_is_quarantined_and_the_rest_of_the_night_goes_on(copydesk: Call, tmp_path: Path) -> None:
    story = "".join(f"<p>Sentence number {n} of the story says something of its own about the harbour.</p>" for n in range(9))
    tmp_path.joinpath("page.html").write_text(f"<html><head><title>The harbour</title></head><body>{story}</body></html>")
    tmp_path.joinpath("sources.toml").write_text(
        '[[source]]\nid = "gone"\nfeeds = ["http://127.0.0.1:1/rss"]\n[[source]]\nid = "folder"\nfiles = ["*.html"]\n'
    )
    done = copydesk("run", COPYDESK_ALLOW_PRIVATE_HOSTS="1", COPYDESK_WORKERS="1")
    assert done.returncode == 0, done.stderr
    assert re.search(r"loaded +1 ", done.stdout)
    assert "gone" in copydesk("quarantine", "list").stdout
    assert "feeds and sitemaps are read again by the next night" in told_ok(copydesk("quarantine", "retry"))
    answer = copydesk("sql", "SELECT count(*) AS n FROM clean_articles", "--csv")
    assert answer.stdout.split() == ["n", "1"]


@pytest.mark.slow
def test_two_runs_of_one_night_at_once_both_end_well_and_load_it_once(copydesk: Call, tmp_path: Path) -> None:
    for number in range(3):
        story = "".join(f"<p>Report {number} says in sentence {n} what the port did about its cranes.</p>" for n in range(9))
        tmp_path.joinpath(f"page{number}.html").write_text(
            f"<html><head><title>Cranes {number}</title></head><body>{story}</body></html>"
        )
    tmp_path.joinpath("sources.toml").write_text('[[source]]\nid = "folder"\nfiles = ["*.html"]\n')
    with ThreadPoolExecutor(2) as threads:
        runs = [threads.submit(copydesk, "run", "--date", "2026-11-20") for _ in range(2)]
    for run in runs:
        assert run.result().returncode == 0, run.result().stderr
    answer = copydesk("sql", "SELECT count(*) AS n, count(DISTINCT article_id) AS d FROM articles", "--csv")
    assert answer.stdout.split() == ["n,d", "3,3"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_command_that_is_told_to_end_takes_its_unfinished_file_away(number: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipeline", "clean", "-", "--output", "out.jsonl"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(".out.jsonl-*")) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(number)
        _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (128 + number, "copydesk: interrupted; run the command again to go on\n")
    assert list(tmp_path.iterdir()) == []


def test_a_command_that_is_to_outlive_its_terminal_does(tmp_path: Path) -> None:
    command = ["nohup", sys.executable, "-m", "pipeline", "clean", "-", "--output", "out.jsonl"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(".out.jsonl-*")) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGHUP)
        process.communicate(b'{"id": "a", "text": "The council met."}\n', timeout=60)
    assert process.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_clean_and_dedup_read_a_pipe_and_write_one(copydesk: Call) -> None:
    text = "Advertisement\n\n" + "\n\n".join(f"Paragraph {n} tells what the council decided about the bridge." for n in range(5))
    lines = [json.dumps({"id": "a", "text": text}), json.dumps({"id": "b", "text": text}), "not json"]
    cleaned = copydesk("clean", "-", "--output", "-", stdin="\n".join(lines) + "\n")
    rows = [json.loads(line) for line in told_ok(cleaned).splitlines()]
    assert [row["id"] for row in rows] == ["a", "b", None]
    assert rows[0]["text"].startswith("Paragraph 0")
    assert rows[0]["dropped"][0]["text"] == "Advertisement"
    assert rows[2]["error"]["code"]
    documents = [json.dumps({"id": r["id"], "url": None, "site": None, "title": None, "text": r["text"]}) for r in rows[:2]]
    grouped = copydesk("dedup", "-", "--output", "-", stdin="\n".join(documents) + "\n")
    assert len({json.loads(line)["story_id"] for line in told_ok(grouped).splitlines()}) == 1


@pytest.mark.parametrize("closed", ["<&-", ">&-"])
def test_a_closed_pipe_is_told(closed: str) -> None:
    shell = f'exec "$0" -m pipeline clean - --output - {closed}'
    done = subprocess.run(
        ["sh", "-c", shell, sys.executable], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False, timeout=120
    )
    assert "is closed; name a file, or connect a pipe" in told(done, 2)


@pytest.mark.parametrize("command", ["clean", "dedup"])
def test_where_nobody_hears_of_progress_or_errors_the_work_is_done_all_the_same(command: str) -> None:
    shell = f'exec "$0" -m pipeline {command} - --output - 2>&-'
    line = '{"id": "a", "text": "The council decided on Tuesday that the old bridge over the river will be rebuilt."}\n'
    done = subprocess.run(
        ["sh", "-c", shell, sys.executable],
        cwd=ROOT,
        input=line + "{\n",
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2)


@pytest.mark.slow
@pytest.mark.parametrize("command", [("run",), ("replay", "--since", "2026-11-20")])
def test_where_the_reader_of_progress_goes_away_the_night_is_made_all_the_same(
    command: tuple[str, ...], copydesk: Call, tmp_path: Path
) -> None:
    """As in `copydesk run 2>&1 | head -1`: a night that stopped there would have ended with 0 and loaded nothing."""
    story = "".join(f"<p>Sentence number {n} of the story says something of its own about the harbour.</p>" for n in range(9))
    tmp_path.joinpath("page.html").write_text(f"<html><head><title>The harbour</title></head><body>{story}</body></html>")
    tmp_path.joinpath("sources.toml").write_text('[[source]]\nid = "folder"\nfiles = ["*.html"]\n')
    day = ("--date", "2026-11-20")
    if command[0] == "replay":
        told_ok(copydesk("run", *day, "--to", "fetch", COPYDESK_WORKERS="1"))
    reader, writer = os.pipe()
    os.close(reader)
    arguments = [sys.executable, "-m", "pipeline", *command, *(day if command[0] == "run" else ())]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COPYDESK_WORKERS": "1"}
    done = subprocess.run(arguments, cwd=tmp_path, env=environment, stdout=writer, stderr=writer, check=False, timeout=120)
    os.close(writer)
    assert done.returncode == 0
    answer = copydesk("sql", "SELECT count(*) AS n FROM clean_articles", "--csv")
    assert told_ok(answer).split() == ["n", "1"]


def told_ok(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout
