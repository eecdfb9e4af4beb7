"""Label what is not the article's own: by line rules, by the site's recurring lines, at the edges."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator

from pipeline.progress import progress_log
from pipeline.records import Article, Fetch, Rejected, SiteLine, StageReport
from pipeline.runs import Run, dates_of, records_of, shard_count
from pipeline.stages.common import grouped, logged
from pipeline.store import Partition, PartitionWriter, Store, read_manifest, read_records
from pipeline.urls import shard_of

# A line that was not seen for two months has decayed to a quarter and is no evidence any more.
REMEMBERED_NIGHTS = 60


def clean(run: Run, shard: str) -> StageReport:
    """Label what is not the article's own: by line rules, by the site's recurring lines, at the edges."""
    from pipeline.clean import clean_site
    from pipeline.warehouse import ArticleKey, article_keys

    store, partition = run.store(), Partition("clean", run.run_date, shard)
    with store.lock(partition.prefix):
        by_site = grouped(read_records(store, Partition("extract", run.run_date, shard), Article), lambda article: article.site)
        lines = grouped(_site_lines_before(run, store, shard), lambda line: line.site)
        total = sum(map(len, by_site.values()))
        progress = progress_log(f"clean {run.run_date} {shard}")
        cleaned: list[Article] = []
        learned: list[SiteLine] = []
        for site in sorted(by_site.keys() | lines.keys()):
            articles, site_lines = clean_site(by_site.get(site, []), lines.get(site, []), run.run_date)
            cleaned += articles
            learned += site_lines
            progress(len(cleaned), total)
        kept = sorted((article for article in cleaned if article.text), key=lambda article: article.article_id)
        urls = {row.raw_ref: row.url for row in read_records(store, Partition("fetch", run.run_date, shard), Fetch)}
        writer = PartitionWriter(store, partition)
        writer.write("part", Article, kept)
        writer.write("keys", ArticleKey, article_keys(kept))  # row group by row group beside the articles
        writer.write("site_lines", SiteLine, learned)
        writer.write("rejects", Rejected, (_emptied(a, urls.get(a.raw_ref)) for a in cleaned if not a.text))
        outcomes = +Counter(kept=len(kept), no_text=len(cleaned) - len(kept))
        report = StageReport("clean", run.run_date, shard, len(cleaned), outcomes)
        writer.commit(report)
    return logged(report)


def _emptied(article: Article, fetched_url: str | None) -> Rejected:
    """Return the quarantine's row under the URL that was asked for, so that it can be fetched again."""
    url, detail = fetched_url or article.url or article.article_id, "no line of the page was left after cleaning"
    return Rejected(url, article.source_id, article.site, "clean", "no_text", detail, raw_ref=article.raw_ref)


def _site_lines_before(run: Run, store: Store, shard: str) -> Iterator[SiteLine]:
    """Yield what earlier nights had learned of the shard's sites: the same answer however often a night is run.

    A shard hands on what it knew, so its own last night is enough; nights with another number of shards are read whole.
    """
    shards = shard_count(run, store)
    seen: set[str] = set()
    earlier = [day for day in dates_of(store, "clean") if day < run.run_date][-REMEMBERED_NIGHTS:]
    for day in reversed(earlier):
        lines = [line for line in records_of(store, "clean", day, SiteLine, "site_lines") if shard_of(line.site, shards) == shard]
        yield from (line for line in lines if line.site not in seen)
        seen.update(line.site for line in lines)
        same_division = shard_count(dataclasses.replace(run, run_date=day), store) == shards
        if same_division and read_manifest(store, Partition("clean", day, shard)) is not None:
            return
