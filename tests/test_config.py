"""Settings and sources: what is right is read, what is wrong is named with its mend."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import get_type_hints

import pytest

from pipeline.config import Settings, load_settings
from pipeline.errors import ConfigError
from pipeline.runs import Run
from pipeline.sources import Source, choose_sources, load_sources, sources_if_any


def write(folder: Path, text: str) -> Path:
    path = folder / "sources.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_end_of_a_line_is_no_part_of_a_value(tmp_path: Path) -> None:
    """A secret that was made from a file ends in one, and an `.env` of Windows has two letters for it."""
    environment = {
        "COPYDESK_WAREHOUSE_URL": "postgresql://desk:secret@db/news\n",
        "COPYDESK_STORE": "data/my store\r",
        "COPYDESK_ALLOW_PRIVATE_HOSTS": "True\r",
        "COPYDESK_TIMEZONE": "\r",
    }
    settings = load_settings(environment, tmp_path / "none")
    assert (settings.warehouse_url, settings.store) == ("postgresql://desk:secret@db/news", "data/my store")
    assert (settings.allow_private_hosts, settings.timezone) == (True, "UTC")


def test_environment_wins_over_the_file_and_the_file_over_defaults(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.toml"
    file.write_text('\ufeffdelay = 3\nstore = "elsewhere"\n', encoding="utf-8")  # as an editor of Windows writes it
    settings = load_settings({"COPYDESK_STORE": "s3://news/raw", "COPYDESK_ALLOW_PRIVATE_HOSTS": "1"}, file)
    assert (settings.delay, settings.store, settings.allow_private_hosts) == (3.0, "s3://news/raw", True)
    assert settings.window_days == Settings().window_days


def test_a_tilde_is_the_home_of_the_user_and_no_folder_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    settings = load_settings({"COPYDESK_STORE": "~/store", "COPYDESK_SOURCES": "s3://bucket//x"}, tmp_path / "none")
    assert (settings.store, settings.sources) == ("/home/ada/store", "s3://bucket//x")


@pytest.mark.parametrize("schedule", ["30 4 * * 1-5", "@hourly", "@daily", "@weekly", "@monthly"])
def test_a_schedule_is_five_fields_or_a_word(schedule: str, tmp_path: Path) -> None:
    assert load_settings({"COPYDESK_SCHEDULE": schedule}, tmp_path / "none").schedule == schedule


def test_some_settings_are_read_whatever_is_wrong_with_others(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.toml"
    wrong = {"COPYDESK_SHARDS": "0", "COPYDESK_STROE": "x", "COPYDESK_ALERT_EMAIL": "desk@example.org"}
    file.write_text('delay = "long"\nalert_connection = "chat"\n')
    only = ("alert_email", "alert_connection")
    assert load_settings(wrong, file, only=only) == Settings(alert_email="desk@example.org", alert_connection="chat")
    file.write_text("delay = \n")
    assert load_settings(wrong, file, only=only) == Settings(alert_email="desk@example.org")


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("COPYDESK_UI_PORT", "eighty", "must be a whole number, got 'eighty'"),
        ("COPYDESK_UI_PORT", "70000", "must be from 1 to 65535"),
        ("COPYDESK_ALLOW_PRIVATE_HOSTS", "perhaps", "must be 1 or 0"),
        ("COPYDESK_ERROR_BUDGET", "3", "must be from 0 to 1, got 3.0"),
        ("COPYDESK_SHARDS", "0", "must be from 1 to 1000, got 0"),
        ("COPYDESK_DELAY", "nan", "got nan"),
        ("COPYDESK_TIMEZONE", "Berlin", "must be a zone such as Europe/Berlin or UTC, got 'Berlin'"),
        ("COPYDESK_TIMEZONE", "Europe", "must be a zone"),
        ("COPYDESK_TIMEZONE", "../zone", "must be a zone"),
        ("COPYDESK_SCHEDULE", "02:00", "must be five fields of cron such as '30 4 \\* \\* \\*' or one of @hourly"),
        ("COPYDESK_SCHEDULE", "0 25 * * *", "got '0 25"),
        ("COPYDESK_SCHEDULE", "0 0 2 * * *", "must be five fields"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(variable: str, value: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=told) as error:
        load_settings({variable: value}, tmp_path / "none")
    assert variable in str(error.value)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("shards = 0", "shards must be from 1 to 1000, got 0"),
        ('delay = "long"', "delay must be a number, got 'long'"),
        ("delay = true", "delay must be a number, got True"),
        ('timezone = "Berlin"', "timezone must be a zone"),
        ('schedule = "02:00"', "schedule must be five fields"),
        ('dedup_engine = "flink"', "dedup_engine must be process or spark, got 'flink'"),
        ('contact = "a\\nb"', "contact must be one line"),
    ],
)
def test_a_wrong_value_in_the_settings_file_is_told_by_the_file_and_not_by_a_variable(line: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "pipeline.toml"
    file.write_text(f"{line}\n")
    with pytest.raises(ConfigError) as error:
        load_settings({}, file)
    assert str(error.value).startswith(f"{file}: {told}")


@pytest.mark.parametrize("name", [name for name, kind in get_type_hints(Settings).items() if kind in (int, float)])
def test_no_number_is_below_nothing(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"^COPYDESK_{name.upper()} must be from .*, got -1"):
        load_settings({f"COPYDESK_{name.upper()}": "-1"}, tmp_path / "none")


def test_a_settings_file_in_another_encoding_is_told_with_the_mend(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.toml"
    file.write_bytes('store = "München"\n'.encode("latin-1"))
    with pytest.raises(ConfigError, match=rf"^{re.escape(str(file))}: cannot be read: .*; save it as UTF-8$"):
        load_settings({}, file)


def test_an_unknown_key_in_the_settings_file_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.toml"
    file.write_text("dealy = 3\n")
    with pytest.raises(ConfigError, match=r"no setting 'dealy'.*delay"):
        load_settings({}, file)


@pytest.mark.parametrize(("variable", "meant"), [("DELEY", "DELAY"), ("SHARD", "SHARDS"), ("WAREHOUSE_URI", "WAREHOUSE_URL")])
def test_a_misspelt_variable_is_refused_with_the_setting_that_was_meant(variable: str, meant: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"COPYDESK_{variable}: there is no such setting; did you mean COPYDESK_{meant}"):
        load_settings({f"COPYDESK_{variable}": "3"}, tmp_path / "none")


def test_a_variable_that_is_no_setting_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    others = ("COPYDESK_TEST_POSTGRES_URL", "COPYDESK_SERVICE_HOST", "COPYDESK_PORT_8080_TCP_ADDR")
    assert load_settings({"COPYDESK_MOTTO": "x", **dict.fromkeys(others, "x")}, tmp_path / "none") == Settings()
    assert [record.getMessage().partition(";")[0] for record in caplog.records] == [
        "COPYDESK_MOTTO changes nothing: there is no such setting"
    ]


def test_a_source_takes_every_key_of_the_contract(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        [[source]]
        id = "courier"
        name = "The Courier"
        feeds = ["https://courier.example/rss"]
        sitemaps = ["https://courier.example/news.xml"]
        urls = ["https://courier.example/a"]
        files = ["drop/*.html", "s3://bucket/x"]
        language = "en"
        delay = 2
        priority = 5
        include = ["/news/"]
        exclude = ["/sport/"]
        max_age_days = 7
        """,
    )
    (source,) = load_sources(path)
    assert source.delay == 2.0
    assert source.wants("https://courier.example/news/1")
    assert not source.wants("https://courier.example/news/sport/1")
    assert not source.wants("https://courier.example/opinion/1")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[source]\n", "not valid TOML"),
        ("", "no [[source]] table"),
        ('sources = "x"', "unknown key 'sources' at the top"),
        ('[[source]]\nfeeds = ["https://x.example/rss"]', "source 1: id must be"),
        ('[[source]]\nid = "a b"\nfeeds = ["https://x.example/rss"]', "got 'a b'"),
        ('[[source]]\nid = "a"', 'source "a": nothing to read'),
        ('[[source]]\nid = "a"\nfeed = ["https://x.example/rss"]', "unknown key 'feed'; the keys are"),
        ('[[source]]\nid = "a"\nfeeds = "https://x.example/rss"', "feeds must be a list of strings"),
        ('[[source]]\nid = "a"\nfeeds = ["ftp://x.example/rss"]', "feeds must be http(s) URLs, got 'ftp://x.example/rss'"),
        ('[[source]]\nid = "a"\nfeeds = ["ftp://me:secret@x.example/rss"]', "got 'ftp://***@x.example/rss'"),
        ('[[source]]\nid = "a"\nurls = ["https://x.example:99999/"]', "urls must be http(s) URLs"),
        ('[[source]]\nid = "a"\nfiles = ["x"]\ninclude = ["("]', "include: '(' is not a regular expression"),
        ('[[source]]\nid = "a"\nfiles = ["x"]\ndelay = "2"', "delay must be a number, got '2'"),
        ('[[source]]\nid = "a"\nfiles = ["x"]\ndelay = -1', "delay must be from 0 to 86400 seconds, got -1.0"),
        ('[[source]]\nid = "a"\nfiles = ["x"]\npriority = true', "priority must be a whole number, got True"),
        ('[[source]]\nid = "a"\nfiles = ["x"]\nmax_age_days = 0', "max_age_days must be from 1 to 36500, got 0"),
        (
            '[[source]]\nid = "a"\nfiles = ["x"]\nlanguage = "english"',
            'language must be a code such as "en" or "pt-BR", got \'english\'',
        ),
        ('[[source]]\nid = "a"\nfiles = ["x"]\n[[source]]\nid = "a"\nfiles = ["x"]', "two sources have the id 'a'"),
    ],
)
def test_a_malformed_sources_file_is_told_by_file_key_value_and_mend(text: str, told: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        load_sources(path)
    assert str(error.value).startswith(str(path))
    assert told in str(error.value)


@pytest.mark.parametrize("closed", ["file", "folder"])
def test_what_this_user_may_not_read_is_told_with_the_mend(
    closed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_rights: Callable[[], AbstractContextManager[None]]
) -> None:
    """As to a container that runs as another user than owns the files: the DAG could not even be read then."""
    folder = tmp_path / "sources"
    folder.mkdir()
    path = write(folder, '[[source]]\nid = "a"\nfiles = ["x"]')
    (path if closed == "file" else folder).chmod(0)
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    told = f"{path}: Permission denied; let this user read the file and enter the folders above it, or start this in another folder"
    reading: tuple[Callable[[Path], object], ...] = (load_sources, sources_if_any, lambda path: load_settings({}, path))
    with without_rights():
        for read in reading:
            with pytest.raises(ConfigError, match=re.escape(told)):
                read(path.relative_to(tmp_path))
    folder.chmod(0o700)


def test_a_missing_sources_file_and_an_unknown_source_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_sources(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="there is no source 'b'; the sources are a"):
        choose_sources([Source(id="a", files=("x",))], ["b"])


def test_the_hash_of_the_configuration_tells_rules_from_places() -> None:
    source = Source(id="a", files=("x",))
    base = Run(run_date="2026-07-30", settings=Settings(), sources=(source,))
    elsewhere = Settings(store="/elsewhere", workers=7, schedule="@daily", timezone="Asia/Tokyo", dedup_engine="spark")
    assert base.config_hash == dataclasses.replace(base, settings=elsewhere).config_hash
    assert base.config_hash != dataclasses.replace(base, settings=Settings(window_days=7)).config_hash
    assert base.config_hash != dataclasses.replace(base, sources=(Source(id="a", files=("y",)),)).config_hash


def test_every_setting_is_documented() -> None:
    documented = Path(__file__).parent.parent.joinpath("docs/settings.md").read_text(encoding="utf-8")
    assert [name for name in Settings.__dataclass_fields__ if f"`{name}`" not in documented] == []
