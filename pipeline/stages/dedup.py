"""Group tonight's articles with the copies of the nights around it, and name where each passage came from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.records import Article, IndexPart, Reuse, StageReport, StoryMember
from pipeline.runs import WHOLE, Run, records_of
from pipeline.stages.common import Freshness, freshness_of, logged, warehouse_of
from pipeline.store import Partition, PartitionWriter

if TYPE_CHECKING:
    from pipeline.dedup import Document


def dedup(run: Run) -> StageReport:
    """Group tonight's articles with the copies of the nights around it, and name where each passage came from."""
    from pipeline.dedup import DedupParams
    from pipeline.dedup.nights import decide_night
    from pipeline.warehouse import night_index

    store, partition = run.store(), Partition("dedup", run.run_date, WHOLE)
    with store.lock(partition.prefix):
        seen = Counter[str]()
        ids: dict[str, Freshness] = {}
        tonight = _freshest(records_of(store, "clean", run.run_date, Article), seen, ids)
        if run.settings.dedup_engine == "spark":
            newest = {document.id: document for document in tonight}
            return logged(_dedup_on_spark(run, PartitionWriter(store, partition), [*newest.values()], seen.total()))
        with night_index(warehouse_of(run), run.day, run.settings.window_days) as index:
            result = decide_night(tonight, index, DedupParams())
            reuse = result.reuse_beside(index.reuse(result.partial), ids)
        writer = PartitionWriter(store, partition)
        writer.write("part", StoryMember, sorted(result.members, key=lambda member: member.article_id))
        writer.write("reuse", Reuse, reuse)
        writer.write("index", IndexPart, result.parts)
        outcomes: Counter[str] = Counter(member.relation for member in result.members if member.article_id in ids)
        outcomes["same_article"] = seen["same_article"]
        report = StageReport("dedup", run.run_date, WHOLE, seen.total(), +outcomes)
        writer.commit(report, {"touched": len(result.members) - len(ids)})
    return logged(report)


def _dedup_on_spark(run: Run, writer: PartitionWriter, tonight: Sequence[Document], seen: int) -> StageReport:
    """Decide on tonight and the whole window in one batch on Spark; the night leaves no index behind, only texts."""
    from pipeline.dedup.spark.night import decided
    from pipeline.warehouse import night_index

    ids = {document.id for document in tonight}
    outcomes: Counter[str] = Counter()

    def counted(members: Iterable[StoryMember]) -> Iterator[StoryMember]:
        for member in members:
            outcomes[member.relation if member.article_id in ids else "touched"] += 1
            yield member

    with (
        night_index(warehouse_of(run), run.day, run.settings.window_days) as index,
        decided(tonight, index, run.settings.spark_master or None) as (members, reuse),
    ):
        writer.write("part", StoryMember, counted(members))
        writer.write("reuse", Reuse, reuse)
        writer.write("index", IndexPart, ())
    touched = outcomes.pop("touched", 0)
    outcomes["same_article"] = seen - len(tonight)
    report = StageReport("dedup", run.run_date, WHOLE, seen, +outcomes)
    writer.commit(report, {"touched": touched})
    return report


def _freshest(articles: Iterable[Article], seen: Counter[str], ids: dict[str, Freshness]) -> Iterator[Document]:
    """Yield documents, after one that is there already only a fresher one: a page that two shards came to is one article.

    What was read is counted in `seen`, and put into `ids` with its freshness. Articles are let go as they are read: their blocks
    would take several times the memory of the texts.
    """
    for article in articles:
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
