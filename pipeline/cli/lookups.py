"""Commands that show what there is: `explain`, `report`, `sql`, `search`, `quarantine`."""

from __future__ import annotations

import argparse
import io
import sys
from datetime import date
from pathlib import Path

from pipeline.cli.arguments import Commands, add_actions, add_command, day, port, today, words, write_file
from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.terminal import visible

REPORT_PORT = 8090


def add_lookups(commands: Commands) -> None:
    """Add `explain`, `report`, `sql`, `search` and `quarantine`."""
    explain = add_command(
        commands, "explain", _explain, "show every block of a page: kept, or dropped and by which rule; and its copies"
    )
    explain.add_argument(
        "what", metavar="FILE|URL|ARTICLE_ID", help="a saved page or text, an address, or an id from the warehouse"
    )
    explain.add_argument(
        "--with", dest="other", metavar="OTHER", help="hold it against another file, URL or article: both texts side by side"
    )
    explain.add_argument("--html", metavar="OUT", help="write the page with its decisions in colours to a file, - for a pipe")

    report = add_command(commands, "report", _report, "show what a night did")
    report.add_argument("--date", type=day, metavar="D", help="the night (default: the last one loaded)")
    report.add_argument("--html", metavar="OUT", help="write it as one HTML page that needs nothing else, - for a pipe")
    report.add_argument("--serve", action="store_true", help="serve all report pages on loopback until Ctrl-C")
    report.add_argument("--port", type=port, metavar="P", help=f"port on 127.0.0.1 for --serve (default: {REPORT_PORT})")

    sql = add_command(
        commands, "sql", _sql, "ask the warehouse: one query, read-only",
        example='copydesk sql "SELECT title, copies FROM clean_articles ORDER BY copies DESC LIMIT 5"',
    )  # fmt: skip
    sql.add_argument("query", type=words, metavar="SELECT", help="a query in the warehouse's SQL; docs/queries.md has many")
    sql.add_argument("--csv", action="store_true", help="print CSV with whole values instead of a table")

    find = add_command(commands, "search", _search, "find articles by words in their title and text; needs COPYDESK_FULL_TEXT=1")
    find.add_argument("words", type=words, metavar="WORDS", help="words that the articles must have, in quotes")

    actions = add_actions(commands, "quarantine", "list what was rejected, or try it again")
    for name, command, text in (
        ("list", _quarantine_list, "list what is in the quarantine, with reasons"),
        ("retry", _quarantine_retry, "fetch rejected pages once more, as part of a night, and load what comes of them"),
    ):
        action = add_command(actions, name, command, text)
        action.add_argument("--reason", metavar="CODE", help="only this reason, e.g. http_500")
        action.add_argument("--source", metavar="ID", help="only this source")
        if name == "retry":
            action.add_argument("--date", type=day, metavar="D", help="the night they join (default: today)")


def _explain(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline.explain import explain, explain_as_html, explain_pair

    if options.other and options.html:
        raise ConfigError("explain: --with prints two columns and --html writes one page: give one of the two")
    if options.other:
        print(visible(explain_pair(options.what, options.other, settings)))
    elif options.html:
        write_file(Path(options.html), explain_as_html(options.what, settings))
    else:
        print(visible(explain(options.what, settings)))
    return 0


def _report(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import nights

    if options.port and not options.serve:
        raise ConfigError(f"report: --port {options.port} is for --serve; add it or leave --port out")
    if options.serve or options.html:
        _report_pages(options, settings)
    else:
        print(nights.summary(settings, options.date))
    return 0


def _report_pages(options: argparse.Namespace, settings: Settings) -> None:
    from pipeline.warehouse import current_warehouse, made_warehouse

    if options.serve and (options.html or options.date):
        raise ConfigError("report: --serve shows every night; give it neither --date nor --html")
    if options.html:
        from pipeline.report.page_file import page_file

        with made_warehouse(settings) as warehouse:
            write_file(Path(options.html), page_file(warehouse, date.fromisoformat(options.date) if options.date else None))
        return
    from pipeline.report.serve import serve

    current_warehouse(settings).close()
    serve(settings, options.port or REPORT_PORT)


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

    done = quarantine.retry(settings, options.date or today(settings), reason=options.reason, source=options.source)
    if done is None:
        print(quarantine.NO_PAGE_MATCHES)
        return 0
    print(nights.summary(settings, done.run.run_date))
    print(f"\nTried again: {done.tried}, of which {done.tried - done.left} left the quarantine and {done.left} did not")
    return 0
