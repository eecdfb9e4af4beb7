"""Consent dialogues among the text: what stands in an element that is named after one, and speaks of little else."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.extract.class_words import NAMES
from pipeline.extract.layout import PageBlocks
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
    outermost = _outermost(page)
    for i in np.flatnonzero(chosen).tolist():
        if (dialogue := outermost[page.runs[i].container]) >= 0:
            dialogues[dialogue].append(i)
    for runs in dialogues.values():
        text = " ".join(page.runs[i].text for i in runs)
        found[runs] = consent_density(text, max(1, int(words[runs].sum()))) >= CONSENT_DENSITY
    return found


def _outermost(page: PageBlocks) -> Sequence[int]:
    """Return for each container the outermost one around it that is named after consent, -1 where there is none."""
    around: list[int] = []
    for index, container in enumerate(page.containers):
        outer = around[container.parent] if container.parent >= 0 else -1
        is_named = container.tag not in WHOLE_PAGE and (container.mask & NOTICE or SOFTWARE.search(container.name))
        around.append(outer if outer >= 0 or not is_named else index)
    return around
