"""A small corpus with everything the detection decides on: copies cut and edited, forms, stitched texts, footers, bad input."""

from __future__ import annotations

import dataclasses
import random

from pipeline.dedup import Document
from tests.dedup.articles import article, document, sentence

FOOTER = "Sign up for the morning letter of this paper and get twelve stories picked by its editors on every working day."


def corpus(seed: int, families: int = 12) -> list[Document]:
    """Return about ten documents a family, shuffled."""
    rng = random.Random(seed)
    documents: list[Document] = []
    for family in range(families):
        documents += _family(rng, family)
        documents += _form(rng, family)
        documents += [document(f"solo-{family}", article(rng.random().__hash__()), family % 28 + 1, f"solo{family % 3}.example")]
    documents += [_stitched(rng, documents, number) for number in range(families // 2)]
    documents += [*_printed_later(rng), *_bad_input()]
    rng.shuffle(documents)
    return documents


def _family(rng: random.Random, family: int) -> list[Document]:
    text = article(rng.randrange(2**30))
    site = f"wire{family % 2}.example"
    head = document(f"head-{family}", text, family % 20 + 1, site, title=sentence(rng))
    copies = [
        text,
        text[: len(text) // 2] + "\n\nRead more on our site.",
        f"{text}\n\n{FOOTER}",
        _edited(rng, text),
        f"{sentence(rng)}\n\n{text}\n\n{sentence(rng)}",
    ]
    made = [
        document(f"copy-{family}-{n}", copy, family % 20 + 1 + n, f"paper{(family + n) % 5}.example")
        for n, copy in enumerate(copies)
    ]
    made[0] = dataclasses.replace(made[0], published_at=None)
    made[1] = dataclasses.replace(made[1], canonical_url=head.url if family % 3 == 0 else None)
    made[3] = dataclasses.replace(made[3], wire_credit="Wire1" if family % 4 == 0 else None)
    return [head, *made]


def _edited(rng: random.Random, text: str) -> str:
    """Return the text with every ninth plain word replaced."""
    words = text.split(" ")
    return " ".join("".join(rng.sample("abcdefgh", 6)) if n % 9 == 5 and w.islower() else w for n, w in enumerate(words))


def _form(rng: random.Random, family: int) -> list[Document]:
    """Return two fillings of one form, and a report that shares only the footer."""
    names = ["".join(rng.choice("abcdefgh") for _ in range(5)).capitalize() for _ in range(30)]
    lines = (
        f"In {names[n]} it will be {rng.randint(1, 40)} degrees at {rng.randint(100, 9999)} hours with wind from {names[n + 1]}."
        for n in range(28)
    )
    return [
        document(f"form-{family}", "\n\n".join(lines), family % 25 + 1, "weather.example"),
        document(
            f"note-{family}", f"{article(rng.randrange(2**30), 3)}\n\n{FOOTER}", family % 25 + 2, f"paper{family % 5}.example"
        ),
    ]


def _stitched(rng: random.Random, documents: list[Document], number: int) -> Document:
    heads = rng.sample([d for d in documents if d.id.startswith("head")], 3)
    parts = ["\n\n".join(rng.sample(head.text.split("\n\n"), 2)) for head in heads]
    return document(f"stitched-{number}", "\n\n".join([sentence(rng), *parts]), 28, "magazine.example")


def _printed_later(rng: random.Random) -> list[Document]:
    """Return an article, a copy with much below it, and two others that took that from the copy afterwards."""
    first, *others = (article(rng.randrange(2**30), 9).split("\n\n") for _ in range(3))
    copy = [*first[:4], *others[0][2:4], *others[1][3:6]]
    made = [document("before", "\n\n".join(first[:4]), 1, "before.example"), document("with more", "\n\n".join(copy), 5)]
    return [*made, *(document(f"after-{n}", "\n\n".join(text), 9, f"after{n}.example") for n, text in enumerate(others))]


def _bad_input() -> list[Document]:
    plain = document("empty", "")
    return [
        plain,
        dataclasses.replace(plain, id="empty-too"),
        dataclasses.replace(plain, id="dots", text="… !"),
        dataclasses.replace(plain, id="word", text="Word"),
        dataclasses.replace(plain, id="lone \ud800", text=f"{article(5)} \udfff"),
        dataclasses.replace(plain, id="lone too", text=f"{article(5)} \udffe", title="\ud800"),
        document("old", article(7), 3),
        dataclasses.replace(document("older", article(7)), published_at="1999-01-01"),
        dataclasses.replace(document("no date", article(7)), published_at="yesterday", site=None, url=None),
        document("long", article(8, 400), 9),
        document("Chinese", "新华社北京电 " * 40, 9),
    ]
