"""Duplicates in one batch: sketch every text, find candidate pairs, decide on them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.dedup.boilerplate import SketchHolders
from pipeline.dedup.candidates import candidate_pairs
from pipeline.dedup.collection import collect, take, uncollected
from pipeline.dedup.decide import decide
from pipeline.dedup.params import DedupParams
from pipeline.dedup.sketch import sketch_all
from pipeline.dedup.textfile import TextFile

if TYPE_CHECKING:
    from pipeline.dedup import DedupResult, Document

logger = logging.getLogger(__name__)


@uncollected()
def detect(documents: Sequence[Document], params: DedupParams) -> DedupResult:
    """Do what `find_duplicates` promises."""
    from pipeline.dedup import DedupResult

    with TextFile() as texts:
        collection = collect(take(documents, texts), texts)
        sketches = sketch_all(texts.chunks(collection.places), params)
        pairs = candidate_pairs(sketches, params)
        decision = decide(collection, pairs, texts, SketchHolders(sketches), params)
    logger.info("%d documents: %d candidate pairs, %d passages", len(documents), len(pairs), len(decision.reuse))
    return DedupResult(tuple(decision.members), tuple(decision.reuse))
