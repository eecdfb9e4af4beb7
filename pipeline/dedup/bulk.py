"""The `dedup` command: JSON Lines of documents in, one line each with its story, canonical and reused passages out."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.config import Settings
from pipeline.dedup import DedupParams, DedupResult, Document, find_duplicates
from pipeline.dedup.canonical import parse_time
from pipeline.extract.datelines import agency_of_text
from pipeline.json_lines import Progress, open_output, parse_line, read_lines, tell_malformed
from pipeline.records import Reuse, StageReport, StoryMember

logger = logging.getLogger(__name__)

_OPTIONAL = ("url", "site", "title", "published_at", "canonical_url", "wire_credit")
_NUMBER = re.compile(r"0|-?[1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the input: a document, or why it is none. `given` is the id as it stood in the line, a text or a number."""

    given: Any
    document: Document | None
    error: str | None
    digest: str


def dedup_file(source: str, target: str, index: str | None, settings: Settings) -> StageReport:
    """Read documents from `source`, write one answer a line to `target`, in the same order.

    With `index`, a folder, the answer is also about the documents of earlier calls with the same folder.
    """
    with open_output(target) as output:  # first: a target that cannot be written is told before the work
        with Progress("dedup: read") as progress:
            lines = [read_line(line) for line in progress.over(read_lines(source))]
        documents = newest(line.document for line in lines if line.document)
        if documents and not any(document.text for document in documents.values()):
            logger.warning('%s: no line has a "text" to compare; pages get theirs from `copydesk clean`', source)
        if index is None:
            result = find_duplicates(list(documents.values()))
        else:
            from pipeline.dedup.index import open_index

            with open_index(index, settings.window_days) as folder:
                result = folder.add(documents, DedupParams())
        outcomes: Counter[str] = Counter()
        for answer in _answers(lines, documents, result):
            outcomes["malformed" if "error" in answer else str(answer["relation"])] += 1
            output.write(json.dumps(answer).encode() + b"\n")
    tell_malformed(source, outcomes["malformed"], len(lines))
    logger.info("%s: %d lines: %s", source, len(lines), dict(sorted(outcomes.items())))
    return StageReport("dedup", "", "bulk", len(lines), dict(sorted(outcomes.items())))


def read_line(line: bytes) -> Line:
    """Return the document of a line. A missing text is an empty one; no id, one of another kind, or no JSON at all is an error."""
    digest = hashlib.sha256(line.strip()).hexdigest()
    parsed = parse_line(line)
    if parsed.error:
        return Line(None, None, parsed.error, digest)
    row = parsed.value
    given = row.get("id")
    if not isinstance(given, str | int) or isinstance(given, bool) or given == "":
        return Line(given, None, f"id must be a whole number or a text that is not empty, got {given!r:.100}", digest)
    text = row.get("text")
    if text is not None and not isinstance(text, str):
        return Line(given, None, f"text must be a text, got {text!r:.100}", digest)
    fields = {name: row.get(name) if isinstance(row.get(name), str) else None for name in _OPTIONAL}
    fields["wire_credit"] = fields["wire_credit"] or agency_of_text([*filter(None, (text or "").splitlines())])
    return Line(given, Document(id=str(given), text=text or "", **fields), None, digest)


def newest(documents: Iterable[Document]) -> dict[str, Document]:
    """Return one document an id: the version published last, of several such the one with the greatest hash."""
    chosen: dict[str, Document] = {}
    for document in documents:
        other = chosen.get(document.id)
        if other is None or document_version(document) > document_version(other):
            chosen[document.id] = document
    return chosen


def document_version(document: Document) -> tuple[str, str]:
    """Return what says which of two documents with the same id is the newer one."""
    content = repr((document.text, document.title, document.url, document.site, document.canonical_url, document.wire_credit))
    time = parse_time(document.published_at)
    return ("" if time is None else f"{time:020.6f}", hashlib.sha256(content.encode(errors="surrogatepass")).hexdigest())


def _answers(lines: Iterable[Line], documents: Mapping[str, Document], result: DedupResult) -> Iterator[dict[str, Any]]:
    members = {member.article_id: member for member in result.members}
    reuse: dict[str, list[Reuse]] = {}
    for passage in result.reuse:
        reuse.setdefault(passage.article_id, []).append(passage)
    for line in lines:
        if line.document is None:
            yield malformed(line)
            continue
        identity = line.document.id
        # Offsets are about the version that was compared: a line with another text of the same id has none.
        own = reuse.get(identity, []) if line.document.text == documents[identity].text else []
        yield answer_of(members[identity], own, numbers=isinstance(line.given, int))


def answer_of(member: StoryMember, reuse: Iterable[Reuse], *, numbers: bool) -> dict[str, Any]:
    """Return the answer to a document's line; where its id is a number, ids that can be `numbers` are."""

    def written(identity: str) -> str | int:
        return int(identity) if numbers and _NUMBER.fullmatch(identity) else identity

    return {
        "id": written(member.article_id),
        "story_id": member.story_id,
        "canonical_id": written(member.canonical_article_id),
        "relation": member.relation,
        "score": member.score,
        "reuse": [{"source_id": written(r.source_article_id), "start": r.start, "end": r.end, "words": r.words} for r in reuse],
    }


def malformed(line: Line) -> dict[str, Any]:
    """Answer a line that is no document: a story of its own, named after what stood in the line."""
    try:
        json.dumps(line.given, allow_nan=False)
        given = line.given
    except ValueError:  # pandas writes NaN where there is nothing; strict readers refuse it
        given = None
    return {
        "id": given,
        "story_id": line.digest[:32],
        "canonical_id": given,
        "relation": "unique",
        "score": None,
        "reuse": [],
        "error": {"code": "malformed", "message": line.error},
    }
