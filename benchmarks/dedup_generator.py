"""Write a labelled set of syndicated news in several languages: copies, stitched articles, forms, and texts on their own.

    python -m benchmarks.dedup_generator FOLDER [--name generated] [--families 60] [--seed 11]

Writes `<name>.jsonl.gz` and `<name>.labels.jsonl.gz` in the format of the labelled sets that `dedup_quality.py` reads. Texts come
from the newsroom's grammar, so they share sentence patterns; Chinese is made from Polish by writing each word as one or two
ideographs. It has edits and forms of its own: thresholds that only hold on the sets they were chosen on show it here.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from newsroom.grammar import topics
from newsroom.records import StoryRef
from newsroom.stories import headline, write_story

LANGUAGES = ("de", "ru", "fr", "es", "pl", "en", "zh")
SOURCE = {"zh": "pl"}
DAY = date(2024, 3, 4)
START = datetime(2024, 3, 4, 6, tzinfo=UTC)
MORE = {
    "de": "Weiterlesen auf unserer Seite",
    "ru": "Читать далее на сайте",
    "fr": "Lire la suite sur le site",
    "es": "Seguir leyendo",
    "pl": "Czytaj dalej w serwisie",
    "en": "Continue reading on our site",
    "zh": "Czytaj dalej w serwisie",
}
FORMS = 8  # kinds of form a language
FILLED = 6  # times each form is filled in
IDEOGRAPHS = 0x4E00, 6000
WORD = re.compile(r"\w+")

Paragraphs = list[str]
Edit = Callable[[Paragraphs, random.Random, Sequence[str]], Paragraphs]


def story(seed: int, number: int, language: str) -> tuple[str, Paragraphs]:
    """Return headline and paragraphs of an article."""
    written = SOURCE.get(language, language)
    themes = topics(written)
    ref = StoryRef(seed, DAY, number + 20, written, themes[number % len(themes)])
    paragraphs = [piece.text for piece in write_story(ref).pieces if piece.kind == "paragraph"]
    return headline(ref, "desk"), paragraphs


def sentences(paragraph: str) -> list[str]:
    """Return the sentences of a paragraph, near enough for an edit."""
    return re.split(r"(?<=[.!?…]) (?=[\w„«“¿¡])", paragraph)


def reword(text: str, share: float, rng: random.Random, bank: Sequence[str]) -> str:
    """Replace a share of the longer small words by others of the language."""
    return WORD.sub(lambda m: rng.choice(bank) if m[0].islower() and len(m[0]) > 4 and rng.random() < share else m[0], text)


def same(paragraphs: Paragraphs, rng: random.Random, bank: Sequence[str]) -> Paragraphs:
    """Leave the text as it is."""
    return list(paragraphs)


def cut(paragraphs: Paragraphs, rng: random.Random, bank: Sequence[str]) -> Paragraphs:
    """Stop in mid-sentence after a third to two thirds of the text."""
    text = "\n\n".join(paragraphs)
    end = text.rfind(" ", 0, int(len(text) * rng.uniform(0.3, 0.65)))
    return [text[: max(end, 200)] + "…"]


def shorten(paragraphs: Paragraphs, rng: random.Random, bank: Sequence[str]) -> Paragraphs:
    """Drop whole paragraphs from the lower half, and a sentence here and there."""
    half = len(paragraphs) // 2
    kept = paragraphs[:half] + [p for p in paragraphs[half:] if rng.random() < 0.45]
    return [" ".join(s for n, s in enumerate(sentences(p)) if n == 0 or rng.random() < 0.8) for p in kept]


def respell(paragraphs: Paragraphs, rng: random.Random, bank: Sequence[str]) -> Paragraphs:
    """Change what a house changes: quotation marks, spaces in figures, dashes, how paragraphs are cut."""
    text = "\n\n".join(paragraphs).replace("„", "«").replace("“", "»").replace(" - ", " — ")
    pieces = re.sub(r"(\d)[.,](\d{3})\b", r"\1\2", text).split("\n\n")
    joined = [" ".join(pieces[n : n + 2]) for n in range(0, len(pieces), 2)]
    return [f"{rng.choice(bank).upper()}, 4. 3. — {joined[0]}", *joined[1:]]


def rewrite(paragraphs: Paragraphs, rng: random.Random, bank: Sequence[str]) -> Paragraphs:
    """Reword every sentence and turn the order of some."""
    changed = []
    for paragraph in paragraphs:
        parts = [reword(s, 0.28, rng, bank) for s in sentences(paragraph)]
        if rng.random() < 0.3:
            parts.reverse()
        changed.append(" ".join(parts))
    return changed


def polish(paragraphs: Paragraphs, rng: random.Random, bank: Sequence[str]) -> Paragraphs:
    """Reword a little."""
    return [reword(p, 0.06, rng, bank) for p in paragraphs]


EDITS: dict[str, Edit] = {"same": same, "truncated": cut, "short": shorten, "house": respell, "heavy": rewrite, "light": polish}


@dataclass
class Set:
    """The documents and labels written so far, and what numbers them."""

    rng: random.Random
    rows: list[dict[str, Any]] = field(default_factory=list)
    labels: list[dict[str, Any]] = field(default_factory=list)

    def add(self, role: str, family: str, language: str, title: str | None, parts: Sequence[tuple[str, str | None]], hours: float,
            profile: str | None = None, **more: Any) -> str:  # fmt: skip
        """Add a document of (paragraph, family it was taken from) and return its id."""
        identity = hashlib.sha256(f"{family}{role}{profile}{len(self.rows)}".encode()).hexdigest()[:12]
        texts: list[str] = []
        spans: list[dict[str, Any]] = []
        at = 0
        for part, source in parts:
            shown = ideographs(part) if language == "zh" else part
            texts.append(shown)
            if source:
                spans.append({"start": at, "end": at + len(shown), "family": source})
            at += len(shown) + 2
        text = "\n\n".join(texts)
        site = "agency.example" if role == "original" and self.rng.random() < 0.45 else f"paper{self.rng.randrange(40)}.example"
        when = (START + timedelta(hours=hours)).isoformat() if self.rng.random() < 0.92 else None
        url = f"https://{site}/{identity}"
        self.rows.append({"id": identity, "url": url, "site": site, "title": title, "text": text, "published_at": when})
        label = {"id": identity, "family": family, "role": role, "profile": profile, "lang": language, "chars": len(text)}
        sources = sorted({span["family"] for span in spans})
        self.labels.append({**label, "date_ok": when is not None, "spans": spans, "sources": sources, **more})
        return identity


def ideographs(text: str) -> str:
    """Write each word as one or two ideographs, without blanks, and full stops as Chinese has them."""

    def word(match: re.Match[str]) -> str:
        if match[0][0].isdigit():
            return match[0]
        number = int(hashlib.sha256(match[0].lower().encode()).hexdigest()[:8], 16)
        low, size = IDEOGRAPHS
        return chr(low + number % size) + (chr(low + number // size % size) if len(match[0]) > 4 else "")

    return WORD.sub(word, text).replace(" ", "").replace(".", "。").replace(",", "，")


def fill(frame: Paragraphs, rng: random.Random, names: Sequence[str], every: int) -> Paragraphs:
    """Fill a form: other figures, other names, and other words in every so many-th place."""

    def word(match: re.Match[str]) -> str:
        token = match[0]
        if token.isdigit():
            return str(rng.randint(10 ** (len(token) - 1), 10 ** len(token) - 1))
        fixed = int(hashlib.sha256(f"{token}{match.start() // 8}".encode()).hexdigest()[:4], 16)
        return rng.choice(names) if (token[0].isupper() and match.start()) or fixed % every == 0 else token

    return [WORD.sub(word, paragraph) for paragraph in frame]


def generate(seed: int, families: int) -> Set:
    """Return a set with so many families a language."""
    made = Set(random.Random(seed))
    rng = made.rng
    for language in LANGUAGES:
        stories = [story(seed, number, language) for number in range(2 * families + FORMS)]
        bank = sorted({w for _, paragraphs in stories for p in paragraphs for w in WORD.findall(p) if w.islower() and len(w) > 4})
        names = sorted({w for _, paragraphs in stories for p in paragraphs for w in WORD.findall(p)[1:] if w[0].isupper()})
        for number in range(families):
            _family(made, f"{language}{number}", language, *stories[number], bank)
        for number in range(families // 2):
            _stitched(made, f"{language}m{number}", language, stories[:families])
        for number in range(families, 2 * families):
            made.add("unique", f"{language}u{number}", language, stories[number][0], [(p, None) for p in stories[number][1]], 5)
        for kind in range(FORMS):
            frame = stories[2 * families + kind][1][: rng.randint(2, 6)]
            for number in range(FILLED):
                parts = [(p, None) for p in fill(frame, rng, names, rng.choice((5, 8)))]
                made.add("template", f"{language}f{kind}-{number}", language, None, parts, 24 * number, f"form{kind}")
    return made


def _family(made: Set, family: str, language: str, title: str, paragraphs: Paragraphs, bank: Sequence[str]) -> None:
    rng = made.rng
    original = made.add("original", family, language, title, [(p, None) for p in paragraphs], rng.uniform(0, 24))
    for _ in range(min(12, 1 + int(rng.expovariate(0.3)))):
        profile = rng.choice(sorted(EDITS))
        parts = EDITS[profile](paragraphs, rng, bank)
        if profile == "truncated" or rng.random() < 0.3:
            parts = [*parts, MORE[language]]
        made.add("copy", family, language, title, [(p, None) for p in parts], rng.uniform(25, 60), profile, original_id=original)


def _stitched(made: Set, family: str, language: str, stories: Sequence[tuple[str, Paragraphs]]) -> None:
    rng = made.rng
    parts: list[tuple[str, str | None]] = []
    for number in rng.sample(range(len(stories)), rng.randint(3, 5)):
        paragraphs = stories[number][1]
        taken = rng.sample(paragraphs, min(len(paragraphs), rng.randint(1, 3)))
        parts += [(paragraph, f"{language}{number}") for paragraph in taken]
    made.add("mashup", family, language, None, parts, rng.uniform(80, 100), "verb")


def write(made: Set, folder: Path, name: str) -> None:
    """Write documents and labels, in an order that says nothing."""
    order = list(range(len(made.rows)))
    made.rng.shuffle(order)
    for suffix, rows in (("", made.rows), (".labels", made.labels)):
        with gzip.open(folder / f"{name}{suffix}.jsonl.gz", "wt", encoding="utf-8", compresslevel=6) as out:
            out.writelines(json.dumps(rows[number], ensure_ascii=False) + "\n" for number in order)


def main() -> None:
    """Write the set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--name", default="generated")
    parser.add_argument("--families", type=int, default=60, help="for each language")
    parser.add_argument("--seed", type=int, default=11)
    arguments = parser.parse_args()
    made = generate(arguments.seed, arguments.families)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    write(made, arguments.folder, arguments.name)
    print(f"{len(made.rows)} documents in {arguments.folder / arguments.name}.jsonl.gz")


if __name__ == "__main__":
    main()
