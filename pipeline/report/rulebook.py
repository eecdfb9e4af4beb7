"""Every rule: what it is for, its examples, how often it fired, what it dropped last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.clean.boxes import BOX_RULES
from pipeline.clean.docs import WHERE
from pipeline.clean.edges import EDGE_RULES
from pipeline.clean.explain import EXTRACTOR_LABELS, describe_rule, described_rules
from pipeline.clean.rules import Rule, load_rules
from pipeline.clean.site import SITE_LINE
from pipeline.report.night import days_until, newest
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
    """One rule: `fired` are its blocks on each of the last nights, also on those that it dropped nothing on."""

    line: RuleLine
    where: str | None
    fired: tuple[int, ...]
    samples: tuple[Row, ...]


def rules(connection: Connection) -> tuple[RuleLine, ...]:
    """Return all rules: those of the rule file in its order, then what else can fire or has, as rules of other versions."""
    rows = {row.rule: row for row in connection.execute(_counted())}
    known = {rule.id: rule for rule in load_rules()}
    ids = dict.fromkeys([*described_rules(), *sorted(rows)])
    return tuple(_line(identity, known.get(identity), rows.get(identity)) for identity in ids)


def rule_page(connection: Connection, identity: str) -> RulePage | None:
    """Return one rule, None for an id that is no rule's and that nothing was dropped by."""
    counted, example = view("nightly_rules").c, view("rule_examples")
    row = connection.execute(_counted().where(counted.rule == identity)).first()
    if row is None and identity not in described_rules():
        return None
    last = newest(connection)
    nights = days_until(connection, last) if last else ()
    blocks = sa.select(counted.run_date, sa.func.sum(counted.blocks)).where(counted.rule == identity)
    blocks = blocks.where(counted.run_date >= nights[0] if nights else sa.false()).group_by(counted.run_date)
    on_night = {day: int(n) for day, n in connection.execute(blocks)}
    samples = sa.select(example).where(example.c.rule == identity).order_by(example.c.run_date.desc(), example.c.article_id)
    rule = next((rule for rule in load_rules() if rule.id == identity), None)
    return RulePage(
        line=_line(identity, rule, row),
        where=WHERE[rule.where] if rule else None,
        fired=tuple(on_night.get(night, 0) for night in nights),
        samples=tuple(connection.execute(samples.limit(LAST_SAMPLES))),
    )


def _counted() -> sa.Select[Any]:
    """Return the query of how often each rule has fired."""
    counted = view("nightly_rules").c
    sums = (
        sa.func.sum(counted.blocks).label("blocks"),
        sa.func.count(sa.distinct(counted.run_date)).label("nights"),
        sa.func.max(counted.run_date).label("run_date"),
    )
    return sa.select(counted.rule, *sums).group_by(counted.rule)


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
