"""Stories: documents joined by verified copies, with a guard against texts that bridge two stories."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.dedup.align import Zones
from pipeline.dedup.compared import Compared, Floats, measure
from pipeline.dedup.forms import vouched
from pipeline.dedup.notices import notice_edges, strangers
from pipeline.dedup.params import DedupParams
from pipeline.dedup.stitched import Kin, Mask, Pairs, Partners, Times, stitched_edges
from pipeline.dedup.verdict import Verdicts

_WITNESSES = 2  # copies it takes between two stories where texts are retold: one alone may be another text after the same source
_CROSS = 24  # verdicts between two stories that are asked for at most


def join_stories(
    count: int, pairs: Pairs, measures: Floats, zones: Zones, verdicts: Verdicts, times: Times, kin: Kin, params: DedupParams
) -> list[int]:
    """Return for each document the smallest number of a document of its story."""
    edges = verdicts.copy & ~stitched_edges(pairs, measures, zones, verdicts, times, kin.partners(count), params)
    edges &= ~notice_edges(pairs, measures, zones, verdicts, strangers(count, kin, params), params)
    chosen = np.flatnonzero(edges)
    joined = np.zeros(count, np.bool_)
    joined[pairs[chosen]] = True
    larger = np.minimum(measure(measures, "zone_a"), measure(measures, "zone_b"))
    whole = Partners.among(count, pairs[edges & (larger >= params.both)])
    asked = joined[pairs].all(axis=1) & ~edges & verdicts.denial
    asked[asked] = ~(verdicts.reworded[asked] & _between(pairs[asked], whole))
    positive, negative = Partners.among(count, pairs[chosen]), Partners.among(count, pairs[asked])
    forms = Partners.among(count, pairs[asked & verdicts.form & (larger >= params.both)])
    weak = verdicts.retold[chosen]
    compared = Compared.of(measures[chosen])
    vague = weak & ~vouched(compared, params)
    every, prints = range(count), _prints(count, pairs[chosen], compared, params)
    ranks = np.lexsort((pairs[chosen, 1], pairs[chosen, 0], -verdicts.score[chosen], weak))
    story = list(range(count))
    members = {number: [number] for number in range(count)}
    for (a, b), retold, printed in zip(pairs[chosen[ranks]].tolist(), weak[ranks].tolist(), vague[ranks].tolist(), strict=True):
        one, other = story[a], story[b]
        needed = _WITNESSES if retold else 1
        counted = prints if printed else every
        if one == other or not _agree(members[one], members[other], story, (positive, negative, whole, forms), counted, needed):
            continue
        small, large = sorted((one, other), key=lambda number: (len(members[number]), -number))
        for document in members[small]:
            story[document] = large
        members[large] += members.pop(small)
    smallest = {number: min(group) for number, group in members.items()}
    return [smallest[number] for number in story]


def _between(pairs: Pairs, whole: Partners) -> Mask:
    """Say of which pairs some text is a copy of either text, for the most of both.

    Two who reword one article differ from each other where both changed a word, as fillings of a form do; but no text stands
    between two fillings.
    """
    partners = {text: frozenset(whole.of(text)) for text in np.unique(pairs).tolist()}
    return np.array([not partners[a].isdisjoint(partners[b]) for a, b in pairs.tolist()], np.bool_)


def _prints(count: int, pairs: Pairs, compared: Compared, params: DedupParams) -> list[int]:
    """Return for each document the first that prints the same text, but for a note or a dateline; `pairs` are of copies."""
    same = pairs[(compared.same_least >= params.framed_same) & (compared.larger >= params.notice)]
    first = Partners.among(count, same).groups(np.unique(same).tolist())
    return [first.get(number, number) for number in range(count)]


def _agree(
    left: list[int], right: list[int], story: list[int], verdicts: Sequence[Partners], prints: Sequence[int], needed: int
) -> bool:
    """Say whether the verdicts between two stories are for a merge: `needed` copies, and at least as many as denials.

    The beginning of a form that says nothing yet of what it is filled with is a copy of every such form: it does not count against
    pairs that are filled with other things. `verdicts` are copies, denials, and of texts that share most
    of either: copies, forms. What several `prints` of one text say (the first of them, by document) counts once.
    """
    fewer, more = sorted((left, right), key=len)
    asked = fewer[:_CROSS]
    copies, denials, wholes, forms = (
        [(prints[document], prints[partner]) for document in asked for partner in partners.among_those(document, more, story)]
        for partners in verdicts
    )
    return len(set(copies)) >= needed and len(copies) >= len(denials) and (bool(wholes) or not forms)
