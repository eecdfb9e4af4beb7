"""The warehouse's tables as SQLAlchemy Core sees them; the comments become `COMMENT ON` and the data dictionary.

The tables are made by `sql/migrations`; a test holds these definitions against what the migrations make. There are no
foreign keys: they would cost a lookup a row in every load, and `sql/checks` proves the same before a night is published.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata = sa.MetaData()


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC: TIMESTAMPTZ, and on SQLite ISO 8601 text that ends in +00:00 (which sorts by time)."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | str | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        instant = (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)
        return instant.isoformat() if dialect.name == "sqlite" else instant

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        instant = datetime.fromisoformat(value) if isinstance(value, str) else value
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REAL: TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def _table(name: str, comment: str, *columns: sa.Column[Any] | sa.Index) -> sa.Table:
    return sa.Table(name, metadata, *columns, comment=comment)


def _key(name: str, comment: str, type_: TypeEngine[Any] | None = None) -> sa.Column[Any]:
    return sa.Column(name, type_ or sa.Text(), primary_key=True, nullable=False, autoincrement=False, comment=comment)


def _need(name: str, comment: str, type_: TypeEngine[Any] | None = None) -> sa.Column[Any]:
    return sa.Column(name, type_ or sa.Text(), nullable=False, comment=comment)


def _may(name: str, comment: str, type_: TypeEngine[Any] | None = None) -> sa.Column[Any]:
    return sa.Column(name, type_ or sa.Text(), nullable=True, comment=comment)


schema_migrations = _table(
    "schema_migrations",
    "Which files of sql/ made this schema",
    _key("name", "File name of the migration or view"),
    _need("checksum", "sha256 of the file when it was applied"),
    _need("applied_at", "When it was applied", UtcDateTime()),
)

runs = _table(
    "runs",
    "One row per run of the pipeline that was loaded",
    _key("run_id", "Name of the run; running it again keeps the name"),
    _need("run_date", "The night the run stands for", sa.Date()),
    _need("code_version", "Version of Copydesk that made the rows"),
    _need("config_hash", "Hash of the settings and sources that can change what a run makes"),
    _need("first_loaded_at", "When the run was first loaded", UtcDateTime()),
    _need("loaded_at", "When a load of the run last changed a row", UtcDateTime()),
    sa.Index("runs_run_date", "run_date"),
)

url_state = _table(
    "url_state",
    "What is known of each URL that was ever fetched: the next fetch starts from here",
    _key("url_id", "First 32 hex digits of the sha256 of the normalised URL"),
    _need("url", "The URL as first discovered"),
    _need("site", "Registered domain"),
    _need("first_seen_date", "Night of the first fetch", sa.Date()),
    _need("last_fetch_date", "Night of the last fetch", sa.Date()),
    _need("last_fetched_at", "Time of the last fetch", UtcDateTime()),
    _need("last_outcome", "Outcome of the last fetch: fetched, not_modified or the code of the error"),
    _may("last_success_date", "Night of the last fetch that succeeded", sa.Date()),
    _may("etag", "ETag of the last good response"),
    _may("last_modified", "Last-Modified of the last good response"),
    _may("digest", "Digest of the last body"),
    _may("raw_ref", "Where the last body is archived: file#offset+length"),
    _need("fail_count", "Fetches that failed since the last good one", sa.Integer()),
)

fetches = _table(
    "fetches",
    "One row per URL and run: what became of the fetch",
    _key("run_id", "Run that fetched"),
    _key("url_id", "First 32 hex digits of the sha256 of the normalised URL"),
    _need("run_date", "The night the run stands for", sa.Date()),
    _need("url", "URL asked for"),
    _need("final_url", "URL that answered, after redirects"),
    _need("source_id", "Source in sources.toml"),
    _need("site", "Registered domain"),
    _need("via", "How the URL was found: feed, sitemap, list, file or warc"),
    _need("outcome", "fetched, not_modified or the code of the error"),
    _need("fetched_at", "Time of the fetch", UtcDateTime()),
    _may("language", "Language the source is declared in"),
    _may("status", "HTTP status", sa.Integer()),
    _may("content_type", "Content-Type as sent"),
    _may("etag", "ETag as sent"),
    _may("last_modified", "Last-Modified as sent"),
    _may("digest", "Digest of the body"),
    _may("body_bytes", "Length of the inflated body", BIG),
    _need("redirects", "URLs passed through, as a JSON list", JSON),
    _need("attempts", "Requests made", sa.Integer()),
    _need("retryable", "Whether a later attempt may succeed", sa.Boolean()),
    _may("detail", "The error in words"),
    _may("warc_filename", "Archive file of the response"),
    _may("warc_offset", "Offset of the record in the file", BIG),
    _may("warc_length", "Length of the record in the file", BIG),
    sa.Index("fetches_url_id", "url_id", "fetched_at"),
    sa.Index("fetches_run_date", "run_date"),
)

articles = _table(
    "articles",
    "Every article, copies too, in its newest text; the view clean_articles has one per story",
    _key("article_id", "First 32 hex digits of the sha256 of the canonical URL, or of the content without a URL"),
    _may("url_id", "url_id of the page; null for a document without a URL"),
    _need("source_id", "Source in sources.toml"),
    _need("site", "Registered domain"),
    _may("url", "URL of the page"),
    _may("canonical_url", "Canonical URL the page claims, when it is believed"),
    _may("title", "Headline"),
    _need("authors", "Names as a JSON list", JSON),
    _may("published_at", "Publication time the page claims, in UTC; midnight when only the day is known", UtcDateTime()),
    _may("published_precision", "day, time, or local (a time without a zone, taken as UTC)"),
    _may(
        "published_basis",
        "Where the date was read: jsonld, meta, time, url, text; source: the page tells none, its feed, sitemap or record does",
    ),
    _may("published_text", "The date as the page gives it, ISO 8601"),
    _may("modified_at", "Time of change the page claims, in UTC", UtcDateTime()),
    _may("language", "ISO 639-1 code"),
    _may("section", "Section of the site"),
    _may("image", "URL of the lead image"),
    _need("paywalled", "Whether the page says that readers must pay", sa.Boolean()),
    _may("wire_credit", "News agency that the page credits"),
    _may("source_link", "URL that the page names as its source"),
    _need("text", "Clean text: paragraphs divided by one blank line"),
    _need("word_count", "Words of the clean text", sa.Integer()),
    _need("content_hash", "sha256 of title and clean text: what makes a version"),
    _need("row_hash", "Hash of everything the load compares: text, metadata and dropped blocks"),
    _need("extractor", "Version of the extractor and rules that made the text"),
    _may("raw_ref", "Where the page is archived: file#offset+length"),
    _may("fetched_at", "When this text was last fetched", UtcDateTime()),
    _need("first_run_id", "Run that brought the article"),
    _need("first_run_date", "Night of that run", sa.Date()),
    _need("last_run_id", "Run that last changed it"),
    sa.Index("articles_published_at", "published_at"),
    sa.Index("articles_site", "site", "published_at"),
    sa.Index("articles_first_run_date", "first_run_date", "site", "article_id"),
    sa.Index("articles_url", "url"),
)

article_versions = _table(
    "article_versions",
    "Every text of an article whose text has changed, the newest too; an article that never changed has no row",
    _key("article_id", "Article"),
    _key("content_hash", "sha256 of title and clean text"),
    _need(
        "version_no", "1, 2, … in the order they were loaded; a back-filled older text comes late: order by seen_at", sa.Integer()
    ),
    _may("seen_at", "When this text was fetched", UtcDateTime()),
    _need("run_id", "Run that brought it"),
    _may("raw_ref", "Where the page is archived: file#offset+length"),
    _may("title", "Headline of this version"),
    _need("text", "Clean text of this version"),
    _need("extractor", "Version of the extractor and rules that made the text"),
)

dropped_blocks = _table(
    "dropped_blocks",
    "Blocks of the article's page that are not in its clean text, each with the rule that dropped it",
    _key("article_id", "Article"),
    _key("block_index", "Place of the block in the page, from 0", sa.Integer()),
    _need("kind", "paragraph, heading, list_item, quote, caption, table or code"),
    _need("text", "The block as it stood in the page"),
    _need("rule", "Id of the rule"),
)

stories = _table(
    "stories",
    "One row per story: an article and its copies. A story whose members all moved stays, with 0 members",
    _key("story_id", "Story"),
    _need("canonical_article_id", "Article that stands for the story"),
    _need("members", "Articles of the story, the canonical one too", sa.Integer()),
    _need("sites", "Sites that ran it", sa.Integer()),
    _may("first_published_at", "Earliest publication time of its members", UtcDateTime()),
    _may("last_published_at", "Latest publication time of its members", UtcDateTime()),
    _may("merged_into", "Story that took the members over, when there are none left"),
    _need("first_run_id", "Run that first had the story"),
    _need("last_run_id", "Run that last changed it"),
)

story_members = _table(
    "story_members",
    "Which story each article belongs to, and why",
    _key("article_id", "Article"),
    _need("story_id", "Story"),
    _need("canonical_article_id", "Article that stands for the story"),
    _need("relation", "unique, canonical or copy"),
    _may("score", "Similarity to the canonical article, 0 to 1", REAL),
    _need("canonical_reason", "Why the canonical article was chosen"),
    _may("matched_article_id", "Article it was found to copy"),
    _may("proof", "The numbers that decided, as JSON", JSON),
    _need("run_id", "Run that last decided"),
    sa.Index("story_members_story_id", "story_id"),
)

passages = _table(
    "passages",
    "Passages that an article shares with an earlier source",
    _key("article_id", "Article that carries the passage"),
    _key("start_offset", "First character in the clean text, from 0", sa.Integer()),
    _key("end_offset", "Character after the last one", sa.Integer()),
    _key("source_article_id", "Article it was taken from"),
    _need("words", "Length in words", sa.Integer()),
    _need("run_id", "Run that last decided"),
    sa.Index("passages_source", "source_article_id"),
)

rejects = _table(
    "rejects",
    "Quarantine: inputs that could not be processed, with the reason",
    _key("run_id", "Run that rejected it"),
    _key("url_id", "First 32 hex digits of the sha256 of the normalised URL"),
    _key("stage", "Stage that rejected it"),
    _need("run_date", "The night the run stands for", sa.Date()),
    _need("url", "URL of the input"),
    _need("site", "Registered domain"),
    _need("source_id", "Source in sources.toml"),
    _need("reason", "Code of the reason"),
    _may("detail", "The reason in words"),
    _need("retryable", "Whether a later attempt may succeed", sa.Boolean()),
    _may("raw_ref", "Where the page is archived: file#offset+length"),
    _may("resolved_run_id", "Run that got the input through; null while open"),
    sa.Index("rejects_url_id", "url_id"),
)

site_lines = _table(
    "site_lines",
    "Lines that recur on different stories of a site, and so belong to the site and not to an article",
    _key("site", "Registered domain"),
    _key("line_hash", "Hash of the line"),
    _need("text", "The line"),
    _need("pages", "Stories that carried it, decayed by half every 30 days since last_seen", REAL),
    _need("first_seen", "First night", sa.Date()),
    _need("last_seen", "Last night", sa.Date()),
    _may("pages_before", "pages before the last night, so that the night can be run again", REAL),
    _may("last_seen_before", "last_seen before the last night", sa.Date()),
)

stage_reports = _table(
    "stage_reports",
    "How many items each stage saw, by what became of them",
    _key("run_id", "Run"),
    _key("stage", "Stage"),
    _key("shard", "Shard of the work"),
    _key("outcome", "What became of the items"),
    _need("run_date", "The night the run stands for", sa.Date()),
    _need("n", "Items", BIG),
    sa.Index("stage_reports_run_date", "run_date"),
)

run_sources = _table(
    "run_sources",
    "What each source and site brought in a run, counted when the run is loaded: the report pages read it instead of the night",
    _key("run_id", "Run"),
    _key("source_id", "Source in sources.toml"),
    _key("site", "Registered domain"),
    _need("run_date", "The night the run stands for", sa.Date()),
    _need("fetches", "URLs asked for", BIG),
    _need("fetched", "Pages that came, new or changed", BIG),
    _need("not_modified", "Pages that had not changed", BIG),
    _need("body_bytes", "Bytes of the inflated bodies", BIG),
    _need("articles", "Articles that the run brought", BIG),
    _need("copies", "Of these, copies of other articles", BIG),
    _need("words", "Words of their clean texts", BIG),
    _need("dropped_blocks", "Blocks that cleaning took out of them", BIG),
    _need("rejects", "Inputs put into quarantine", BIG),
    _may("first_fetched_at", "Time of the first fetch", UtcDateTime()),
    _may("last_fetched_at", "Time of the last fetch", UtcDateTime()),
    sa.Index("run_sources_run_date", "run_date", "source_id"),
)

run_rules = _table(
    "run_rules",
    "How often each rule fired on the articles that a run brought, counted when the run is loaded",
    _key("run_id", "Run"),
    _key("rule", "Id of the rule"),
    _need("run_date", "The night the run stands for", sa.Date()),
    _need("blocks", "Blocks that the rule dropped", BIG),
    _need("articles", "Articles that it dropped them from", BIG),
    sa.Index("run_rules_rule", "rule", "run_date"),
)

rule_samples = _table(
    "rule_samples",
    "Up to sixteen dropped blocks of each rule and run, spread over the articles",
    _key("run_id", "Run"),
    _key("rule", "Id of the rule"),
    _key("article_id", "Article"),
    _need("block_index", "Place of the block in the page, from 0", sa.Integer()),
    _need("run_date", "The night the run stands for", sa.Date()),
    sa.Index("rule_samples_rule", "rule", "run_date"),
)

run_stories = _table(
    "run_stories",
    "The most copied stories that the articles of a run are in",
    _key("run_id", "Run"),
    _key("place", "1 is the most copied", sa.Integer()),
    _need("run_date", "The night the run stands for", sa.Date()),
    _need("story_id", "Story"),
)

run_checks = _table(
    "run_checks",
    "What the checks of sql/checks found when a night was last published",
    _key("run_date", "The night that was published", sa.Date()),
    _key("name", "File name of the check"),
    _need("passed", "Whether it found nothing", sa.Boolean()),
    _need("meaning", "What the check holds to"),
    _need("found", "The first rows it found, as JSON", JSON),
)

dedup_index = _table(
    "dedup_index",
    "What each night leaves behind so that later ones find copies without reading its texts: the pipeline's own, not for analysts",
    _key("kind", "sketches, ties (pairs that were compared), or far (what is seen from beyond the window)"),
    _key("run_date", "The night", sa.Date()),
    _key("part", "Number of the part, from 0", sa.Integer()),
    _need("version", "Hash of what must agree for sketches to be compared: parts of another version are not read"),
    _need("documents", "Articles it tells of", sa.Integer()),
    _need("digest", "sha256 of the data"),
    _need("data", "Arrays as an Arrow stream", sa.LargeBinary().with_variant(postgresql.BYTEA(), "postgresql")),
)
