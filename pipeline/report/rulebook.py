"""Every rule: what it is for, its examples, how often it fired, what it dropped last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.clean.boxes import BOX_RULES
from pipeline.clean.docs import WHERE
from pipeline.clean.edges import EDGE_RULES
from pipeline.clean.explain import EXTRACTOR_LABELS, describe_rule, described_rules
from pipeline.clean.rules import Rule, load_rules
from pipeline.clean.site import SITE_LINE
from pipeline.report.night import NIGHTS_BACK
from pipeline.report.views import Row, view

LAST_SAMPLES = 20


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule in the list: `kind` says which part of cleaning it belongs to, `rule` its words when it has any."""

    id: str
    about: str
    kind: str
    rule: Rule | None
    blocks: int
    nights: int
    last: date | None


@dataclass(frozen=True, slots=True)
class RulePage:
    """One rule: `fired` are its blocks on each of the last nights."""

    line: RuleLine
    where: str | None
    nights: tuple[date, ...]
    fired: tuple[int, ...]
    samples: tuple[Row, ...]


def rules(connection: Connection) -> tuple[RuleLine, ...]:
    """Return all rules: those of the rule file in its order, then what else can fire or has, as rules of other versions."""
    counted = view("nightly_rules").c
    sums = (
        sa.func.sum(counted.blocks).label("blocks"),
        sa.func.count().label("nights"),
        sa.func.max(counted.run_date).label("run_date"),
    )
    rows = {row.rule: row for row in connection.execute(sa.select(counted.rule, *sums).group_by(counted.rule))}
    known = {rule.id: rule for rule in load_rules()}
    ids = dict.fromkeys([*described_rules(), *sorted(rows)])
    return tuple(_line(identity, known.get(identity), rows.get(identity)) for identity in ids)


def rule_page(connection: Connection, identity: str) -> RulePage | None:
    """Return one rule, None for an id that is no rule's and that nothing was dropped by."""
    counted, example = view("nightly_rules"), view("rule_examples")
    known = {rule.id: rule for rule in load_rules()}
    query = sa.select(counted).where(counted.c.rule == identity).order_by(counted.c.run_date.desc()).limit(NIGHTS_BACK)
    rows = connection.execute(query).all()[::-1]
    if not rows and identity not in described_rules():
        return None
    samples = sa.select(example).where(example.c.rule == identity).order_by(example.c.run_date.desc(), example.c.article_id)
    line = RuleLine(
        identity,
        describe_rule(identity),
        _kind(identity, known.get(identity)),
        known.get(identity),
        sum(row.blocks for row in rows),
        len(rows),
        rows[-1].run_date if rows else None,
    )
    return RulePage(
        line=line,
        where=WHERE[line.rule.where] if line.rule else None,
        nights=tuple(row.run_date for row in rows),
        fired=tuple(row.blocks for row in rows),
        samples=tuple(connection.execute(samples.limit(LAST_SAMPLES))),
    )


def _line(identity: str, rule: Rule | None, row: Row | None) -> RuleLine:
    blocks, nights, last = (int(row.blocks), row.nights, row.run_date) if row is not None else (0, 0, None)
    return RuleLine(identity, describe_rule(identity), _kind(identity, rule), rule, blocks, nights, last)


def _kind(identity: str, rule: Rule | None) -> str:
    if rule:
        return "line rule"
    if identity == SITE_LINE:
        return "site template"
    if identity in BOX_RULES:
        return "box"
    if identity in EDGE_RULES:
        return "edge"
    return "extractor" if identity in EXTRACTOR_LABELS else "other version"
