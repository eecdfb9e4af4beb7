"""Lists of other stories: the headline of each as a link, and a line about it, again and again in one form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt

from pipeline.extract.layout import HEADINGS, PageBlocks
from pipeline.extract.places import Structure

Flags = npt.NDArray[np.bool_]

ENOUGH = 3  # of them make a list
HEADLINE_WORDS = range(3, 26)
SUMMARY_WORDS = range(6, 61)
OWN_FORM = 0.75  # of the kept runs in the form of the summaries must be summaries: else the article is written in it
OTHER_SITES = 0.5  # for each headline, beside one; more are a round-up of what others write
MOST = 1.5  # times the words of all else that is kept; more is a page that is made of such items


def teasers(page: PageBlocks, words: npt.NDArray[np.int64], structure: Structure, chosen: Flags) -> Flags:
    """Say of each run whether it is a headline or a summary in such a list."""
    flags = np.zeros(len(page.runs), dtype=np.bool_)
    for pairs in _alike(page, words, structure):
        headlines, summaries = np.array(pairs), np.array(pairs) + 1
        form = chosen & (structure.like == structure.like[summaries[0]])
        if not chosen[summaries].any() or chosen[summaries].sum() < OWN_FORM * form.sum():
            continue
        listed = form.copy()
        listed[headlines] = listed[summaries] = True
        if words[chosen & listed].sum() <= MOST * words[chosen & ~listed].sum():
            flags |= listed
    return flags


def _alike(page: PageBlocks, words: npt.NDArray[np.int64], structure: Structure) -> list[list[int]]:
    """Return the places of the headlines that a summary follows, those of one form together."""
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    lengths = words.tolist()
    for place in range(len(page.runs) - 1):
        if _is_pair(page, lengths, place) and not _goes_on(page, structure, place + 1):
            found[int(structure.like[place]), int(structure.like[place + 1])].append(place)
    return [pairs for pairs in found.values() if len(pairs) >= ENOUGH and _other_sites(page, pairs) <= OTHER_SITES * len(pairs)]


def _other_sites(page: PageBlocks, headlines: Sequence[int]) -> int:
    """Return to how many sites more than one the headlines lead; relative links lead to one."""
    return len({_host(page.runs[place].target or "") for place in headlines}) - 1


def _host(target: str) -> str:
    try:
        return urlsplit(target).netloc
    except ValueError:  # brackets that are no address
        return ""


def _is_pair(page: PageBlocks, words: Sequence[int], place: int) -> bool:
    above, below = page.runs[place], page.runs[place + 1]
    if words[place] not in HEADLINE_WORDS or words[place + 1] not in SUMMARY_WORDS:
        return False
    if not above.is_link or below.is_link or below.tag in HEADINGS or below.kind == "caption":
        return False
    around = page.containers[above.container].parent
    return above.container != below.container and around in (below.container, page.containers[below.container].parent)


def _goes_on(page: PageBlocks, structure: Structure, summary: int) -> bool:
    """Say whether another paragraph follows: then it is a text with a heading."""
    following = summary + 1
    return following < len(page.runs) and structure.like[following] == structure.like[summary] and not page.runs[following].is_link
