"""Commands that work on nights: `run`, `nightly`, `demo`, `ui`, `replay`, `import`."""

from __future__ import annotations

import argparse

from pipeline.cli.arguments import MASTER_HELP, Commands, add_command, check_master, day, in_home, positive, today
from pipeline.config import ENGINES, Settings
from pipeline.errors import ConfigError
from pipeline.terminal import tell, visible


def add_nights(commands: Commands) -> None:
    """Add `run`, `nightly`, `demo`, `ui`, `replay` and `import`."""
    from pipeline.runs import STAGES

    run = add_command(
        commands, "run", _run, "run the stages of a night in this process, without Airflow", example="copydesk run --from clean"
    )
    _add_night_options(run)
    run.add_argument("--from", dest="first", choices=STAGES, default=STAGES[0], help="first stage (default: %(default)s)")
    run.add_argument("--to", dest="last", choices=STAGES, default=STAGES[-1], help="last stage (default: %(default)s)")
    run.add_argument("--limit", type=positive, metavar="N", help="at most N pages a source")

    nightly = add_command(commands, "nightly", _nightly, "run the Airflow DAG nightly_articles in this process, without any server")
    _add_night_options(nightly)

    demo = add_command(commands, "demo", _demo, "start the sample newsroom on loopback and run the nightly DAG on it")
    demo.add_argument("--date", type=day, metavar="D", help="the night to run (default: today)")

    ui = add_command(
        commands, "ui", _ui, "serve the Airflow UI on loopback until Ctrl-C; without sources of yours, on the sample newsroom"
    )
    ui.add_argument("--sources", type=in_home, metavar="F", help="the sources file (default: sources.toml, else the newsroom)")

    replay = add_command(
        commands, "replay", _replay, "extract, clean, deduplicate and load archived nights again, with today's rules",
        example="copydesk replay --since 2026-11-01 --diff",
    )  # fmt: skip
    replay.add_argument("--since", type=day, required=True, metavar="D", help="first night")
    replay.add_argument("--until", type=day, metavar="D", help="last night (default: the last one archived)")
    replay.add_argument("--diff", action="store_true", help="show which articles would change and how; change nothing")
    replay.add_argument("--engine", choices=ENGINES, default=ENGINES[0], help="extract in this process or on Spark")
    replay.add_argument("--master", metavar="URL", help=MASTER_HELP)

    archive = add_command(commands, "import", _import, "take the pages of CC-NEWS and other WARC files in, as one night")
    archive.add_argument("warc", nargs="+", metavar="WARC", help="a .warc, .warc.gz or .warc.zst file")
    archive.add_argument("--date", type=day, metavar="D", help="the night they are filed under (default: today)")


def _add_night_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sources", type=in_home, metavar="F", help="the sources file (default: sources.toml)")
    parser.add_argument("--date", type=day, metavar="D", help="the night to run (default: today)")


def _run(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import nights, stages
    from pipeline.runs import STAGES, check_begun
    from pipeline.workspace import open_workspace

    if STAGES.index(options.first) > STAGES.index(options.last):
        raise ConfigError(f"--from {options.first} comes after --to {options.last}; the order is {', '.join(STAGES)}")
    run = nights.prepare(
        settings, options.date or today(settings), sources=options.sources, page_limit=options.limit, first=options.first
    )
    check_begun(settings, run.run_date, options.first)
    open_workspace(run)
    stages.run_stages(run, options.first, options.last, on_stage=lambda stage: tell(f"{stage} …"))
    if options.last in ("load", "publish"):
        print(nights.summary(settings, run.run_date))
    return 0


def _nightly(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import local, nights

    run = nights.prepare(settings, options.date or today(settings), sources=options.sources)
    local.run_dag(run.run_date, options.sources or settings.sources)
    print(nights.summary(settings, run.run_date))
    return 0


def _demo(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import nights

    print(nights.demo(options.date or today(settings)))
    return 0


def _ui(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import nights

    nights.ui(settings, options.sources, today(settings))
    return 0


def _replay(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import replay

    dates = replay.archived_dates(settings, options.since, options.until)
    check_master(options.master, options.engine)
    if options.diff and options.engine == "spark":
        raise ConfigError("--diff: works in this process; leave --engine out")
    if options.diff:
        for line in replay.diff(settings, dates):
            print(visible(line))
        return 0
    replay.replay(settings, dates, on_date=lambda d: tell(f"replaying {d} …"), engine=options.engine, master=options.master)
    return 0


def _import(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import nights

    run = nights.import_warcs(settings, options.date or today(settings), options.warc)
    print(nights.summary(settings, run.run_date))
    return 0
