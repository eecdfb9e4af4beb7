"""Articles made for the tests of this folder."""

from __future__ import annotations

from dataclasses import replace

from pipeline.records import Article, Block

PROSE = (
    "The council voted on Monday to raise the old harbour wall by a metre.",
    "Three storms in one autumn had put the fish market under water.",
    "Work is to start in August and will be paid for by a levy on berths.",
    "The harbour master said that the sea had not waited for the vote.",
)


def block(text: str, kind: str = "paragraph", links: float = 0.0) -> Block:
    return Block(0, kind, text, link_density=links)  # type: ignore[arg-type]


def article(*parts: str | Block, title: str | None = "Harbour wall to be raised", identity: str = "a", **fields: object) -> Article:
    blocks = [part if isinstance(part, Block) else block(part) for part in parts]
    numbered = tuple(replace(b, index=i) for i, b in enumerate(blocks))
    empty = (
        "url",
        "canonical_url",
        "published_at",
        "published_basis",
        "modified_at",
        "kind_reason",
        "section",
        "image",
        "wire_credit",
    )
    values: dict[str, object] = {
        **dict.fromkeys((*empty, "source_link")),
        "source_id": "test",
        "site": "example.org",
        "authors": (),
    }
    values |= {
        "article_id": identity,
        "title": title,
        "language": "en",
        "page_kind": "article",
        "paywalled": False,
        "extractor": "test",
    }
    values["blocks"] = numbered
    return Article(**(values | fields))  # type: ignore[arg-type]


def dropped(cleaned: Article) -> dict[str, str]:
    return {b.text: b.dropped_by for b in cleaned.blocks if b.dropped_by}
