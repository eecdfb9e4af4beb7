"""One night as one HTML file that needs nothing else: its page, the most copied stories, and the articles that these name."""

from __future__ import annotations

import base64
import hashlib
from datetime import date

from markupsafe import Markup
from sqlalchemy.engine import Connection

from pipeline.errors import ConfigError
from pipeline.report import article as articles
from pipeline.report import night as nights
from pipeline.report import story
from pipeline.report.links import FileLinks
from pipeline.report.render import render, style
from pipeline.report.views import Row
from pipeline.warehouse import Warehouse

MOST_ARTICLES = 60


def page_file(warehouse: Warehouse, day: date | None) -> str:
    """Return the report of a night, of the last one when no day is given; raises `ConfigError` when it was not loaded."""
    with warehouse.reading() as connection:
        day = day or nights.newest(connection)
        if day is None:
            raise ConfigError("report: the warehouse holds no night yet; run one with `make run`")
        night = nights.night(connection, day)
        if night is None:
            raise ConfigError(f"report: no night of {day} was loaded; the last one is {nights.newest(connection) or 'none'}")
        stories = [story.story_page(connection, head) for head in _heads(connection, night)]
        pages = [articles.article_page(connection, row) for row in _rows(connection, night, stories)]
    link = FileLinks(day, [page.row.article_id for page in pages], [page.head.story_id for page in stories])
    sheet = style()
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = Markup('<meta http-equiv="Content-Security-Policy" content="{}">\n<style>{}</style>').format(policy, Markup(sheet))  # noqa: S704
    return render("file.html", link=link, sheet=head, here=None, night=night, stories=stories, pages=pages)


def _heads(connection: Connection, night: nights.Night) -> list[Row]:
    found = (story.story_head(connection, row.story_id) for row in night.stories)
    return [head for head in found if head is not None]


def _rows(connection: Connection, night: nights.Night, stories: list[story.StoryPage]) -> list[Row]:
    """Return the articles that the other parts name: of the stories, then those that lines were dropped from."""
    named = [member.row.article_id for page in stories for member in page.members]
    named += [sample.article_id for rule in night.rules for sample in rule.samples]
    found = (articles.article_row(connection, identity) for identity in list(dict.fromkeys(named))[:MOST_ARTICLES])
    return [row for row in found if row is not None]
