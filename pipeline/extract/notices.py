"""Consent dialogues among the text: what stands in an element that is named after one, and speaks of little else."""

from __future__ import annotations

import re
from collections import defaultdict

import numpy as np
import numpy.typing as npt

from pipeline.extract.class_words import NAMES
from pipeline.extract.layout import Container, PageBlocks
from pipeline.extract.walls import CONSENT_DENSITY, consent_density

NOTICE = 1 << NAMES.index("consent")
# Names of consent software that say nothing of what it is for.
SOFTWARE = re.compile(
    r"\.(?:iubenda|onetrust|ot-sdk|didomi|cky-|cmplz|cybot|usercentrics|uc-banner|qc-cmp|sp_message|truste|osano|termly|borlabs|klaro"
    r"|tarteaucitron|axeptio|cmp(?:box|-)|cli-|cc-window|wpcc|evidon|moove)",
    re.IGNORECASE,
)
WHOLE_PAGE = frozenset(("html", "body", "main", "article", "root"))  # named after the article's topics


def notices(page: PageBlocks, words: npt.NDArray[np.int64], chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Say of each run whether it stands in a consent dialogue; `words` are those of each run, `chosen` are the kept runs."""
    found = np.zeros(len(page.runs), dtype=np.bool_)
    dialogues: dict[int, list[int]] = defaultdict(list)
    known: dict[int, int] = {-1: -1}
    for i in np.flatnonzero(chosen).tolist():
        if (dialogue := _outermost(page, page.runs[i].container, known)) >= 0:
            dialogues[dialogue].append(i)
    for runs in dialogues.values():
        text = " ".join(page.runs[i].text for i in runs)
        found[runs] = consent_density(text, max(1, int(words[runs].sum()))) >= CONSENT_DENSITY
    return found


def _outermost(page: PageBlocks, container: int, known: dict[int, int]) -> int:
    """Return the outermost container named after consent around one, or -1; `known` holds the answers given before."""
    chain = []
    while container not in known:
        chain.append(container)
        container = page.containers[container].parent
    outermost = known[container]
    for index in reversed(chain):
        if outermost < 0 and _is_named(page.containers[index]):
            outermost = index
        known[index] = outermost
    return outermost


def _is_named(container: Container) -> bool:
    if container.tag in WHOLE_PAGE:
        return False
    return bool(container.mask & NOTICE) or SOFTWARE.search(container.name) is not None
