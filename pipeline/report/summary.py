"""The summary of a night as a terminal shows it: the funnel, what was dropped and rejected, and where to look next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import Settings
from pipeline.terminal import cut

if TYPE_CHECKING:
    from pipeline.warehouse import RunReport

BAR = 30  # characters of the longest bar
SAMPLE = 44  # characters of a sample line

QUERIES = (
    "SELECT title, site, copies FROM clean_articles ORDER BY copies DESC LIMIT 5",
    "SELECT rule, count(*) AS lines, min(text) AS example FROM article_blocks GROUP BY rule ORDER BY lines DESC",
    "SELECT site, url, relation, score FROM article_copies WHERE relation = 'copy' LIMIT 5",
)


def render(report: RunReport, settings: Settings) -> str:
    """Return the summary of a night."""
    return "\n".join((*_head(report), *_funnel(report), *_rules(report), *_rejects(report), *_stories(report), *_where(settings)))


def _head(report: RunReport) -> Iterator[str]:
    yield ""
    yield f"The night of {report.run_date}"


def _funnel(report: RunReport) -> Iterator[str]:
    """Yield the steps from what was seen to what was loaded, each with a bar."""
    counts = {(row.stage, row.outcome): row.n for row in report.funnel}
    per_stage: dict[str, int] = {}
    for row in report.funnel:
        per_stage[row.stage] = per_stage.get(row.stage, 0) + row.n
    steps = (
        ("seen", per_stage.get("fetch", 0)),
        ("fetched", counts.get(("fetch", "fetched"), 0)),
        ("extracted", counts.get(("extract", "article"), 0)),
        ("cleaned", counts.get(("clean", "kept"), 0)),
        ("stories", report.stories),
        ("copies", report.copies),
        ("loaded", counts.get(("load", "loaded"), 0) - counts.get(("dedup", "same_article"), 0)),
    )
    most = max(n for _, n in steps) or 1
    for name, n in steps:
        yield f"  {name:12}{n:7}  {'█' * round(BAR * n / most)}"
    yield f"  {'passages':12}{report.passages:7}  taken from other stories"


def _rules(report: RunReport) -> Iterator[str]:
    if report.rules:
        yield "\nDropped lines, by rule"
    for row in report.rules:
        yield f"  {row.rule:24}{row.times:6}  {cut(row.sample, SAMPLE)}"


def _rejects(report: RunReport) -> Iterator[str]:
    if report.rejects:
        yield f"\nRejected, by reason (quarantined; `{_command()} quarantine list` shows each)"
    for row in report.rejects:
        yield f"  {row.stage + ' ' + row.reason:24}{row.n:6}  {row.sample_url}"


def _stories(report: RunReport) -> Iterator[str]:
    if report.biggest_stories:
        yield "\nMost copied stories"
    for row in report.biggest_stories[:5]:
        copies, sites = "copy  " if row.copies == 1 else "copies", "site " if row.sites == 1 else "sites"
        yield f"  {row.copies:3} {copies} at {row.sites} {sites}  {cut(row.title or '(no title)', SAMPLE)}  {row.site}"


def _where(settings: Settings) -> Iterator[str]:
    from sqlalchemy import make_url

    from pipeline.warehouse.db_errors import shown_url

    url = shown_url(make_url(settings.warehouse_url))
    yield f"\nThe warehouse is {url}, with files for analysts in {settings.publish}. Ask it, for example:"
    for query in QUERIES:
        yield f'  {_command()} sql "{query}"'


def _command() -> str:
    """Return how the command line is called from here."""
    return ".venv/bin/copydesk" if Path(".venv/bin/copydesk").exists() else "copydesk"
