"""Group tonight's articles with the copies of the nights around it, and name where each passage came from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from typing import TYPE_CHECKING

from pipeline.records import Article, IndexPart, Reuse, StageReport, StoryMember
from pipeline.runs import WHOLE, Run, records_of
from pipeline.stages.common import Freshness, freshness_of, logged, warehouse_of
from pipeline.stages.load import keyed_articles
from pipeline.store import Partition, PartitionWriter

if TYPE_CHECKING:
    from pipeline.dedup import Document
    from pipeline.warehouse import NightIndex
    from pipeline.warehouse.dedup_index import PageOf


def dedup(run: Run) -> StageReport:
    """Group tonight's articles with the copies of the nights around it, and name where each passage came from.

    An old night that is run again may hold a text that its article no longer has: what is said of that is said by the night that
    brought the text it has.
    """
    from pipeline.warehouse import night_index

    store, partition = run.store(), Partition("dedup", run.run_date, WHOLE)
    on_spark = run.settings.dedup_engine == "spark"
    with (
        store.lock(partition.prefix),
        night_index(warehouse_of(run), run.day, run.settings.window_days) as index,
    ):
        seen = Counter[str]()
        ids: dict[str, Freshness] = {}
        overtaken = index.overtaken(keyed_articles(store, run.run_date))
        tonight = _freshest(records_of(store, "clean", run.run_date, Article), overtaken, seen, ids)
        writer = PartitionWriter(store, partition)
        outcomes = _decide_on_spark(run, index, tonight, ids, writer) if on_spark else _decide(index, tonight, ids, writer)
        touched = outcomes.pop("touched", 0)
        outcomes |= {name: seen[name] for name in ("same_article", "overtaken")}
        report = StageReport("dedup", run.run_date, WHOLE, seen.total(), +outcomes)
        writer.commit(report, {"touched": touched})
    return logged(report)


def _decide(index: NightIndex, tonight: Iterable[Document], ids: Container[str], writer: PartitionWriter) -> Counter[str]:
    """Decide on tonight and what hangs together with it; returns how many of tonight's (`ids`) are what.

    And how many of other nights it touched.
    """
    from pipeline.dedup import DedupParams
    from pipeline.dedup.nights import decide_night

    result = decide_night(tonight, index, DedupParams())
    writer.write("part", StoryMember, sorted(result.members, key=lambda member: member.article_id))
    writer.write("reuse", Reuse, result.reuse_beside(index.reuse(result.partial), ids))
    writer.write("index", IndexPart, result.parts)
    return Counter(member.relation if member.article_id in ids else "touched" for member in result.members)


def _decide_on_spark(
    run: Run, index: NightIndex, tonight: Iterable[Document], ids: Container[str], writer: PartitionWriter
) -> Counter[str]:
    """Do the same for tonight and the whole window in one batch on Spark; the night leaves no index behind, only texts."""
    from pipeline.dedup.spark.night import decided

    newest = {document.id: document for document in tonight}
    outcomes: Counter[str] = Counter()

    def counted(members: Iterable[StoryMember]) -> Iterator[StoryMember]:
        for member in members:
            outcomes[member.relation if member.article_id in ids else "touched"] += 1
            yield member

    with decided([*newest.values()], index, run.settings.spark_master or None) as (members, reuse):
        writer.write("part", StoryMember, counted(members))
        writer.write("reuse", Reuse, reuse)
        writer.write("index", IndexPart, ())
    return outcomes


def _freshest(
    articles: Iterable[Article], overtaken: Container[PageOf], seen: Counter[str], ids: dict[str, Freshness]
) -> Iterator[Document]:
    """Yield documents, after one that is there already only a fresher one: a page that two shards came to is one article.

    What was read is counted in `seen`, and put into `ids` with its freshness. Articles are let go as they are read: their blocks
    would take several times the memory of the texts.
    """
    for article in articles:
        if (article.article_id, article.url, article.raw_ref) in overtaken:
            seen["overtaken"] += 1
            continue
        freshness, known = freshness_of(article), ids.get(article.article_id)
        seen["article" if known is None else "same_article"] += 1
        if known is None or freshness > known:
            ids[article.article_id] = freshness
            yield _document(article)


def _document(article: Article) -> Document:
    from pipeline.dedup import Document

    return Document(
        id=article.article_id,
        url=article.url,
        site=article.site,
        title=article.title,
        text=article.text,
        published_at=article.published_at,
        canonical_url=article.source_link or article.canonical_url,
        wire_credit=article.wire_credit,
    )
