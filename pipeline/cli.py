"""The command line: parses, calls one function, prints. Exit status: 0 done, 1 the work failed, 2 the call is wrong."""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeAlias

import pipeline
from pipeline.config import ENGINES, Settings, load_settings
from pipeline.errors import ConfigError, CopydeskError
from pipeline.terminal import visible

Command = Callable[[argparse.Namespace, Settings], int]
MAX_PORT = 65535
MASTER_HELP = "Spark's master, e.g. local[4] or spark://host:7077; with --engine spark"
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    _set_up_output()
    options = _parser().parse_args(arguments)
    _set_up_logging(options.verbose)
    try:
        status: int = options.command(options, load_settings())
        return status
    except ConfigError as error:
        print(f"copydesk: {visible(str(error))}", file=sys.stderr)
        return 2
    except CopydeskError as error:
        print(f"copydesk: {visible(str(error))}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader of our output went away (`| head`): not an error, and nothing more can be said there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # a disk that is full, a file that may not be written
        told = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else error.strerror or str(error)
        print(f"copydesk: {visible(told)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("copydesk: interrupted; run the command again to go on", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="copydesk",
        description="Fetch news pages, clean them, find the copies and load the articles into a SQL warehouse.",
        epilog="Settings come from COPYDESK_* variables, then pipeline.toml; see docs/settings.md.",
    )
    parser.add_argument("--version", action="version", version=f"copydesk {pipeline.__version__}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log what each stage does")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_nights, _add_bulk, _add_lookups, _add_upkeep):
        add(commands)
    return parser


def _add(commands: Commands, name: str, command: Command, text: str, *, example: str = "") -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".", epilog=f"example: {example}" if example else None
    )
    parser.set_defaults(command=command)
    return parser


def _add_nights(commands: Commands) -> None:
    from pipeline.runs import STAGES

    run = _add(
        commands, "run", _run, "run the stages of a night in this process, without Airflow", example="copydesk run --from clean"
    )
    _add_night_options(run)
    run.add_argument("--from", dest="first", choices=STAGES, default=STAGES[0], help="first stage (default: %(default)s)")
    run.add_argument("--to", dest="last", choices=STAGES, default=STAGES[-1], help="last stage (default: %(default)s)")
    run.add_argument("--limit", type=_positive, metavar="N", help="at most N pages a source")

    nightly = _add(commands, "nightly", _nightly, "run the Airflow DAG nightly_articles in this process, without any server")
    _add_night_options(nightly)

    demo = _add(commands, "demo", _demo, "start the sample newsroom on loopback and run the nightly DAG on it")
    demo.add_argument("--date", type=_day, metavar="D", help="the night to run (default: today, UTC)")

    ui = _add(
        commands, "ui", _ui, "serve the Airflow UI on loopback until Ctrl-C; without sources of yours, on the sample newsroom"
    )
    ui.add_argument("--sources", metavar="F", help="the sources file (default: sources.toml, else the sample newsroom)")

    replay = _add(
        commands, "replay", _replay, "extract, clean, deduplicate and load archived nights again, with today's rules",
        example="copydesk replay --since 2026-11-01 --diff",
    )  # fmt: skip
    replay.add_argument("--since", type=_day, required=True, metavar="D", help="first night")
    replay.add_argument("--until", type=_day, metavar="D", help="last night (default: the last one archived)")
    replay.add_argument("--diff", action="store_true", help="show which articles would change and how; change nothing")
    replay.add_argument("--engine", choices=ENGINES, default=ENGINES[0], help="extract in this process or on Spark")
    replay.add_argument("--master", metavar="URL", help=MASTER_HELP)

    archive = _add(commands, "import", _import, "take the pages of CC-NEWS and other WARC files in, as one night")
    archive.add_argument("warc", nargs="+", metavar="WARC", help="a .warc or .warc.gz file")
    archive.add_argument("--date", type=_day, metavar="D", help="the night they are filed under (default: today, UTC)")


def _add_bulk(commands: Commands) -> None:
    clean = _add(
        commands, "clean", _clean, "clean many pages or texts: JSON Lines in, JSON Lines out, .gz and .zst by suffix, - for a pipe",
        example="copydesk clean pages.jsonl.gz --output clean.jsonl.zst",
    )  # fmt: skip
    clean.add_argument("source", metavar="IN", help='lines of {"id","url"?,"html"} or {"id","url"?,"text"}')
    clean.add_argument("--output", required=True, metavar="OUT", help="one line per input line, in the same order")

    dedup = _add(
        commands, "dedup", _dedup, "find near-duplicates and reused passages: JSON Lines in, JSON Lines out",
        example="copydesk dedup tonight.jsonl --output stories.jsonl --index seen/",
    )  # fmt: skip
    dedup.add_argument("source", metavar="IN", help='lines of {"id","url","site","title","text","published_at"}')
    dedup.add_argument("--output", required=True, metavar="OUT", help="one line per input line, in the same order")
    dedup.add_argument(
        "--engine", choices=ENGINES, help="where to work: in this process, or on Spark (default: the settings', else process)"
    )
    dedup.add_argument("--master", metavar="URL", help=MASTER_HELP)
    dedup.add_argument("--index", metavar="DIR", help="compare with all that was given before with this folder, and add to it")


def _add_lookups(commands: Commands) -> None:
    explain = _add(commands, "explain", _explain, "show every block of a page: kept, or dropped and by which rule; and its copies")
    explain.add_argument(
        "what", metavar="FILE|URL|ARTICLE_ID", help="a saved page or text, an address, or an id from the warehouse"
    )
    explain.add_argument(
        "--with", dest="other", metavar="OTHER", help="hold it against another file, URL or article: both texts side by side"
    )
    explain.add_argument("--html", metavar="OUT", help="write the page with its decisions in colours to a file instead")

    report = _add(commands, "report", _report, "show what a night did")
    report.add_argument("--date", type=_day, metavar="D", help="the night (default: the last one loaded)")
    report.add_argument("--html", metavar="OUT", help="write it as one HTML page that needs nothing else")
    report.add_argument("--serve", action="store_true", help="serve all report pages on loopback until Ctrl-C")
    report.add_argument(
        "--port", type=_port, default=8090, metavar="P", help="port on 127.0.0.1 for --serve (default: %(default)s)"
    )

    sql = _add(
        commands, "sql", _sql, "ask the warehouse: one query, read-only",
        example='copydesk sql "SELECT title, copies FROM clean_articles ORDER BY copies DESC LIMIT 5"',
    )  # fmt: skip
    sql.add_argument("query", metavar="SELECT", help="a query in the warehouse's SQL; docs/queries.md has many")
    sql.add_argument("--csv", action="store_true", help="print CSV with whole values instead of a table")

    find = _add(commands, "search", _search, "find articles by words in their title and text; needs COPYDESK_FULL_TEXT=1")
    find.add_argument("words", metavar="WORDS", help="words that the articles must have, in quotes")

    quarantine = _add(commands, "quarantine", _quarantine_list, "list what was rejected, or try it again")
    actions = quarantine.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, command, text in (
        ("list", _quarantine_list, "list what is in the quarantine, with reasons"),
        ("retry", _quarantine_retry, "fetch rejected pages once more, as part of a night, and load what comes of them"),
    ):
        action = _add(actions, name, command, text)
        action.add_argument("--reason", metavar="CODE", help="only this reason, e.g. http_500")
        action.add_argument("--source", metavar="ID", help="only this source")
        if name == "retry":
            action.add_argument("--date", type=_day, metavar="D", help="the night they join (default: today, UTC)")


def _add_upkeep(commands: Commands) -> None:
    db = _add(commands, "db", _db_status, "bring the warehouse's schema up to date, or show where it stands")
    actions = db.add_subparsers(title="actions", metavar="ACTION", required=True)
    _add(actions, "upgrade", _db_upgrade, "apply the migrations that are missing")
    _add(actions, "status", _db_status, "list the migrations and whether they are applied")

    raw = _add(commands, "raw", _raw_gc, "look after the archive of raw pages")
    actions = raw.add_subparsers(title="actions", metavar="ACTION", required=True)
    _add(actions, "gc", _raw_gc, "delete segments that no night names, which killed runs leave behind")

    store = _add(commands, "store", _store_dump, "back up the store, or bring a backup back")
    actions = store.add_subparsers(title="actions", metavar="ACTION", required=True)
    dump = _add(actions, "dump", _store_dump, "write all of the store to one tar file", example="copydesk store dump store.tar")
    dump.add_argument("file", metavar="TAR", help="the file, - for standard output")
    restore = _add(actions, "restore", _store_restore, "write the files of a backup into the store; others stay as they are")
    restore.add_argument("file", metavar="TAR", help="the file, - for standard input")

    newsroom = _add(commands, "newsroom", _newsroom_serve, "the sample news web")
    actions = newsroom.add_subparsers(title="actions", metavar="ACTION", required=True)
    serve = _add(actions, "serve", _newsroom_serve, "serve it until Ctrl-C, on loopback unless another address is named")
    serve.add_argument("--port", type=_port, default=8799, metavar="P", help="port (default: %(default)s)")
    serve.add_argument("--listen", default="127.0.0.1", metavar="IP", help="address to listen on (default: %(default)s)")
    serve.add_argument(
        "--domain", default="localhost", metavar="NAME",
        help="domain of its hosts; for any but %(default)s your DNS must know them",
    )  # fmt: skip
    serve.add_argument("--seed", type=int, default=1, help="another seed, another news web (default: %(default)s)")
    serve.add_argument("--stories", type=_positive, default=40, metavar="N", help="stories of the day (default: %(default)s)")
    serve.add_argument("--outlets", type=_positive, default=8, metavar="N", help="publishers (default: %(default)s)")
    serve.add_argument("--day", type=_day, metavar="D", help="the day of the news (default: today, UTC)")
    serve.add_argument("--write-sources", metavar="F", help="write a sources file for it first")


def _add_night_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sources", metavar="F", help="the sources file (default: sources.toml)")
    parser.add_argument("--date", type=_day, metavar="D", help="the night to run (default: today, UTC)")


def _run(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import nights, stages
    from pipeline.runs import STAGES, check_begun
    from pipeline.workspace import open_workspace

    if STAGES.index(options.first) > STAGES.index(options.last):
        raise ConfigError(f"--from {options.first} comes after --to {options.last}; the order is {', '.join(STAGES)}")
    run = nights.prepare(settings, options.date or _today(), sources=options.sources, page_limit=options.limit, first=options.first)
    check_begun(settings, run.run_date, options.first)
    open_workspace(run)
    stages.run_stages(run, options.first, options.last, on_stage=lambda stage: print(f"{stage} …", file=sys.stderr))
    if options.last in ("load", "publish"):
        print(nights.summary(settings, run.run_date))
    return 0


def _nightly(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import local, nights

    run = nights.prepare(settings, options.date or _today(), sources=options.sources)
    local.run_dag(run.run_date, options.sources or settings.sources)
    print(nights.summary(settings, run.run_date))
    return 0


def _demo(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import nights

    print(nights.demo(options.date or _today()))
    return 0


def _ui(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import nights

    nights.ui(settings, options.sources, _today())
    return 0


def _replay(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import replay

    dates = replay.archived_dates(settings, options.since, options.until)
    _check_master(options.master, options.engine)
    if options.diff and options.engine == "spark":
        raise ConfigError("--diff: works in this process; leave --engine out")
    if options.diff:
        for line in replay.diff(settings, dates):
            print(visible(line))
        return 0
    replay.replay(
        settings, dates, on_date=lambda d: print(f"replaying {d} …", file=sys.stderr), engine=options.engine, master=options.master
    )
    return 0


def _import(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import nights

    run = nights.import_warcs(settings, options.date or _today(), options.warc)
    print(nights.summary(settings, run.run_date))
    return 0


def _clean(options: argparse.Namespace, settings: Settings) -> int:
    _check_not_same(options.source, options.output)
    from pipeline.clean.bulk import clean_file

    clean_file(options.source, options.output, settings)
    return 0


def _dedup(options: argparse.Namespace, settings: Settings) -> int:
    _check_not_same(options.source, options.output)
    engine = options.engine or ("process" if options.index else settings.dedup_engine)
    _check_master(options.master, engine)
    if engine == "spark":
        if options.index:
            raise ConfigError(f"--index {options.index}: is for --engine process; Spark decides on all documents of one call")
        from pipeline.dedup.spark.bulk import dedup_file as dedup_on_spark

        dedup_on_spark(options.source, options.output, options.master or settings.spark_master or None)
        return 0
    from pipeline.dedup.bulk import dedup_file

    dedup_file(options.source, options.output, options.index, settings)
    return 0


def _explain(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline.explain import explain, explain_as_html, explain_pair

    if options.other and options.html:
        raise ConfigError("explain: --with prints two columns and --html writes one page: give one of the two")
    if options.other:
        print(visible(explain_pair(options.what, options.other, settings)))
    elif options.html:
        _write(Path(options.html), explain_as_html(options.what, settings))
    else:
        print(visible(explain(options.what, settings)))
    return 0


def _report(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import nights

    if options.serve or options.html:
        _report_pages(options, settings)
    else:
        print(nights.summary(settings, options.date))
    return 0


def _report_pages(options: argparse.Namespace, settings: Settings) -> None:
    from pipeline.warehouse import made_warehouse, open_warehouse, upgrade

    if options.serve and (options.html or options.date):
        raise ConfigError("report: --serve shows every night; give it neither --date nor --html")
    if options.html:
        from pipeline.report.page_file import page_file

        with made_warehouse(settings) as warehouse:
            _write(Path(options.html), page_file(warehouse, date.fromisoformat(options.date) if options.date else None))
        return
    from pipeline.report.serve import serve

    with open_warehouse(settings.warehouse_url, lock_timeout=settings.lock_timeout) as warehouse:
        upgrade(warehouse)
    serve(settings, options.port)


def _sql(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline.report.sql import ask

    if options.csv and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # for a file, whatever the terminal shows
    for line in ask(settings, options.query, as_csv=options.csv):
        print(line if options.csv else visible(line))
    return 0


def _search(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline.report.sql import find

    for line in find(settings, options.words):
        print(visible(line))
    return 0


def _quarantine_list(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import quarantine

    for line in quarantine.listing(settings, reason=options.reason, source=options.source):
        print(visible(line))
    return 0


def _quarantine_retry(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import nights, quarantine

    run = quarantine.retry(settings, options.date or _today(), reason=options.reason, source=options.source)
    print(nights.summary(settings, run.run_date) if run else quarantine.NOTHING_MATCHES)
    return 0


def _db_upgrade(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline.warehouse import open_warehouse, upgrade

    applied = upgrade(open_warehouse(settings.warehouse_url, lock_timeout=settings.lock_timeout))
    print("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")
    return 0


def _db_status(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline.warehouse import open_warehouse, status

    for line in status(open_warehouse(settings.warehouse_url, lock_timeout=settings.lock_timeout)):
        print(line)
    return 0


def _raw_gc(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import nights

    removed = nights.collect_garbage(settings)
    print("\n".join(f"deleted {key}" for key in removed) or "every segment is in use")
    return 0


def _store_dump(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import backup
    from pipeline.json_lines import whole_file
    from pipeline.store import open_store

    store = open_store(settings.store)
    with whole_file(options.file) as stream:
        number = backup.dump(store, stream)
    print(f"{store.url}: {number} files dumped", file=sys.stderr)
    return 0


def _store_restore(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import backup
    from pipeline.store import open_store

    store = open_store(settings.store)
    try:
        opened = sys.stdin.buffer if options.file == "-" else Path(options.file).open("rb")  # noqa: SIM115
    except OSError as error:
        raise ConfigError(f"restore: {options.file}: cannot be read ({error.strerror}); name what `store dump` wrote") from error
    with opened as stream:
        number = backup.restore(store, stream)
    print(f"{store.url}: {number} files restored", file=sys.stderr)
    return 0


def _newsroom_serve(options: argparse.Namespace, settings: Settings) -> int:
    import newsroom
    from newsroom.feeds import sources_toml
    from newsroom.server import serve

    day = date.fromisoformat(options.day or _today())
    try:
        web = newsroom.build(seed=options.seed, stories=options.stories, outlets=options.outlets, day=day, domain=options.domain)
    except ValueError as error:
        raise ConfigError(f"newsroom: {error}") from error
    if options.write_sources:
        _write(Path(options.write_sources), sources_toml(web, options.port))
    print(f"the sample newsroom is on http://{options.listen}:{options.port} (Ctrl-C stops it)", file=sys.stderr)
    try:
        serve(web, options.port, options.listen)
    except OSError as error:
        where = f"--listen {options.listen} --port {options.port}"
        raise ConfigError(f"newsroom: {where} cannot be used ({error.strerror}); name another") from error
    return 0


def _set_up_output() -> None:
    """Show a letter that the terminal's encoding does not have as Python writes it, instead of ending there."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # not when it is closed
        sys.stdout.reconfigure(errors="backslashreplace")


def _set_up_logging(verbose: bool) -> None:
    if sys.stderr is not None and sys.stderr.isatty():
        logging.getLogger("pipeline.progress").setLevel(logging.INFO)
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s" if verbose else "copydesk: %(message)s",
    )


def _check_master(master: str | None, engine: str) -> None:
    if master and engine != "spark":
        raise ConfigError(f"--master {master}: is for --engine spark; add it or leave --master out")


def _check_not_same(source: str, output: str) -> None:
    if "-" not in (source, output) and Path(output).exists() and Path(source).exists() and Path(source).samefile(output):
        raise ConfigError(f"--output {output}: is the input itself, which would be lost; name another file")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}); name another file") from error


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _day(text: str) -> str:
    from pipeline.scheduling import parse_date

    try:
        return parse_date(text, "day")
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("day: ")) from None


def _port(text: str) -> int:
    number = _positive(text)
    if number > MAX_PORT:
        raise argparse.ArgumentTypeError(f"must be a port from 1 to {MAX_PORT}, got {text!r}")
    return number


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 up, got {text!r}")
    return number
