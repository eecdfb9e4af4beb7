"""The warehouse: what the pipeline writes each night and analysts query. PostgreSQL, SQLite, or any SQLAlchemy database."""

from pipeline.warehouse.article_batches import article_keys, with_keys
from pipeline.warehouse.dedup_index import NightIndex, night_index
from pipeline.warehouse.engine import Warehouse, configured_warehouse, is_there, open_warehouse
from pipeline.warehouse.load import load
from pipeline.warehouse.migrate import current_warehouse, is_made, made_warehouse, status, upgrade
from pipeline.warehouse.night import ArticleKey, KeyedBatch, Night
from pipeline.warehouse.publish import publish
from pipeline.warehouse.read import (
    StoredArticle,
    UrlState,
    article,
    failed_finds,
    known_urls,
    members_of,
    open_rejects,
    urls_of,
)
from pipeline.warehouse.search import set_search
from pipeline.warehouse.summary import RunReport, latest_run_date, run_report

__all__ = [
    "ArticleKey",
    "KeyedBatch",
    "Night",
    "NightIndex",
    "RunReport",
    "StoredArticle",
    "UrlState",
    "Warehouse",
    "article",
    "article_keys",
    "configured_warehouse",
    "current_warehouse",
    "failed_finds",
    "is_made",
    "is_there",
    "known_urls",
    "latest_run_date",
    "load",
    "made_warehouse",
    "members_of",
    "night_index",
    "open_rejects",
    "open_warehouse",
    "publish",
    "run_report",
    "set_search",
    "status",
    "upgrade",
    "urls_of",
    "with_keys",
]
