"""Write docs/rules.md from the rules: `python -m pipeline.clean.docs`, or with `--check` say whether it is current."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.clean import rules_version
from pipeline.clean.boxes import BOX_RULES
from pipeline.clean.edges import EDGE_RULES
from pipeline.clean.explain import EXTRACTOR_LABELS
from pipeline.clean.rules import Rule, load_rules
from pipeline.clean.site import HALF_LIFE, MIN_STORIES, SITE_LINE

TARGET = Path("docs/rules.md")
MEASURED = Path(__file__).with_name("measured.toml")
WHERE = {
    "any": "anywhere",
    "top": "above the first prose",
    "tail": "below the last prose",
    "edges": "above the first and below the last prose",
}
INTRODUCTION = """# Cleaning rules

Made by `python -m pipeline.clean.docs` from `pipeline/clean/rules.toml`; do not edit. Version of the rules: `{version}`.

A block of an article that is left out of the clean text carries the id of the rule that took it out, in `dropped` of the `clean`
command, in the table `dropped_blocks` and in the view `dropped_lines`. Those of the extractor stand at
the end: it decides by the page's markup before any rule sees a line.

The order is: line rules, site templates, boxes, edges. A label once given stays. When the rules would take more than half of
the body's letters, only labels that were looked up word by word stand; the rest is taken for a misread page.

## Line rules
"""
BOXES_TEXT = f"""
## Site templates

`{SITE_LINE}`: a line that stands on at least {MIN_STORIES} different stories of the site. Near-copies of one story count once,
sightings count half after {HALF_LIFE} days, the page's own headline is spared, and so are sentences and headings that only some of
the stories share.

## Boxes

Lines that stand in one box with a label, whatever they say. What stands in the box of a sign-up
or a notice goes by that label's rule.

"""
EDGES_TEXT = """
## Edges

Walked inwards from the top and the tail, on evidence (end stops, headline form, position next to a label, links, quote style).
"""
EXTRACTOR_TEXT = """
## Labels of the extractor

"""


def rules_page() -> str:
    """Return the text of docs/rules.md."""
    measured = tomllib.loads(MEASURED.read_text(encoding="utf-8"))
    parts = [INTRODUCTION.format(version=rules_version())]
    parts += ["\n".join(_rule(rule)) for rule in load_rules()]
    parts += [BOXES_TEXT, *_described(BOX_RULES), EDGES_TEXT, *_described(EDGE_RULES), EXTRACTOR_TEXT]
    parts += _described(EXTRACTOR_LABELS)
    return "".join([*parts, "\n## Measured\n\n", measured["about"].strip(), "\n\n", "\n".join(_table(measured["sets"])), "\n"])


def _described(rules: Mapping[str, str]) -> list[str]:
    return [f"- `{rule}`: {about}.\n" for rule, about in rules.items()]


def _rule(rule: Rule) -> Iterator[str]:
    labels = sum(len(words) for words in (*rule.labels.values(), *rule.strict.values(), *rule.words.values()))
    patterns = sum(len(patterns) for patterns in rule.patterns.values())
    yield f"\n### {rule.id}\n"
    yield f"{rule.about}. Holds {WHERE[rule.where]}. {labels} labels, {patterns} patterns in {len(rule.languages)} languages:"
    yield f"{' '.join(rule.languages)}.\n"
    yield f"- goes: {_quoted(rule.drops)}"
    yield f"- stays: {_quoted(rule.keeps)}\n"


def _quoted(lines: tuple[str, ...]) -> str:
    return ", ".join(f"“{line}”" for line in lines)


def _table(sets: dict[str, dict[str, list[int]]]) -> Iterator[str]:
    names = sorted(sets)
    yield "| rule | " + " | ".join(f"{name}: fired, in the gold" for name in names) + " |"
    yield "|---|" + "---|" * len(names)
    for rule in sorted({rule for counts in sets.values() for rule in counts}):
        cells = ("{}, {}".format(*sets[name][rule]) if rule in sets[name] else "-" for name in names)
        yield f"| `{rule}` | " + " | ".join(cells) + " |"


def main() -> None:
    """Write the page, or with --check exit with status 1 when it is not current."""
    page = rules_page()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(page, encoding="utf-8")
    elif not TARGET.is_file() or TARGET.read_text(encoding="utf-8") != page:
        sys.exit(f"{TARGET} is not current: run python -m pipeline.clean.docs")


if __name__ == "__main__":
    main()
