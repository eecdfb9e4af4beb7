"""What a page says: headline, body and furniture, in the outlet's house style. Themes lay it out, gold is read from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from newsroom import desk
from newsroom.furniture import furnish, one_label
from newsroom.grammar import Writer, lexicon
from newsroom.records import Copy, Item, Outlet, Page, Piece, Story, rng_of
from newsroom.stories import NOTES, own_words, person, write_story

TEASER_PIECES = 2
COMMENTERS = (1, 3)
AGENCY_BYLINE, JOINT_BYLINE = 0.5, 0.25  # of the copies: only the agency signs, agency and reporter sign


def compose(page: Page, agency: Outlet, headlines: Sequence[str], source_urls: Sequence[str]) -> Copy:
    """Return what a story's page says; `headlines` are of the outlet's other pages, `source_urls` of a stitched page's sources."""
    outlet, story = page.outlet, write_story(page.ref)
    pieces, owners = _pieces(page, story, agency)
    pieces = [replace(p, sentences=tuple(desk.house_style(outlet, s) for s in p.sentences)) for p in pieces]
    if page.form == "teaser":
        pieces = pieces[:TEASER_PIECES]
    rng = rng_of(page.ref.seed, page.ref.day, page.number, outlet.host, "page")
    authors, signed_by = _byline(page, story, agency, rng.random())
    writer = Writer(lexicon(outlet.language, ""), rng, _small_print(page, story, agency))
    body = [Item(p.kind, (p.text,)) for p in pieces]
    if "standfirst" in outlet.furniture and len(pieces[0].sentences) > 1:
        body.insert(0, Item("standfirst", (pieces[0].sentences[0],)))
    extra = [Item("credit", (one_label(writer, "wire_credit"),))] if page.form == "copy" and not signed_by else []
    section = writer.lexicon.labels["sections"][sum(map(ord, page.ref.topic)) % len(writer.lexicon.labels["sections"])]
    writer.fixed["section"] = section
    items = furnish(outlet, body, writer, headlines, extra)
    return Copy(page.title, pieces[0].sentences[0], authors, signed_by, section, items, _spans(pieces, owners, source_urls))


def _pieces(page: Page, story: Story, agency: Outlet) -> tuple[list[Piece], list[tuple[int, ...]]]:
    """Return the page's pieces and, for a stitched page, the source of each sentence."""
    if page.form == "stitched":
        stitched = desk.stitch(page)
        return [piece for piece, _ in stitched], [owners for _, owners in stitched]
    if page.form == "copy":
        return list(desk.edit_wire(page.outlet, story, agency.name.split()[0])), []
    pieces = list(story.pieces)
    if page.outlet.is_agency:
        day = f"{story.ref.day:%B} {story.ref.day.day}"
        pieces[0] = replace(pieces[0], dateline=f"{story.dateline.upper()}, {day} ({agency.name.split()[0]}) — ")
    return pieces, []


def _byline(page: Page, story: Story, agency: Outlet, chance: float) -> tuple[tuple[str, ...], str]:
    """Return the people and the agency that sign a page."""
    if page.form == "stitched":
        return (), ""
    if page.form != "copy":
        return story.reporters, ""
    if chance < AGENCY_BYLINE:
        return (), agency.name
    return story.reporters, agency.name if chance < AGENCY_BYLINE + JOINT_BYLINE else ""


def _small_print(page: Page, story: Story, agency: Outlet) -> dict[str, str]:
    """Return the slots of labels, captions and readers' comments."""
    ref, outlet = story.ref, page.outlet
    rng = rng_of(ref.seed, ref.day, page.number, outlet.host, "small print")
    fixed = {"outlet": outlet.name, "agency": agency.name, "place": story.fixed["place"]}
    if ref.topic in NOTES:
        return fixed | {"caption": f"{outlet.town}, {story.fixed['place']}", "said_below": ""}
    writer = Writer(own_words(ref), rng, dict(story.fixed))
    lines: list[str] = []
    for _ in range(rng.randint(*COMMENTERS)):
        lines += [" ".join(person(writer)), desk.house_style(outlet, writer.write("comment"))]
    return fixed | {"caption": desk.house_style(outlet, writer.write("caption")), "said_below": "\n".join(lines)}


def _spans(pieces: list[Piece], owners: list[tuple[int, ...]], urls: Sequence[str]) -> tuple[tuple[str, int, int], ...]:
    """Return (url, start, end) for each run of sentences of one source; offsets in the text that the pieces make."""
    spans: list[tuple[str, int, int]] = []
    position = 0
    for piece, sources in zip(pieces, owners, strict=False):
        for index, (sentence, source) in enumerate(zip(piece.sentences, sources, strict=True)):
            end = position + len(sentence)
            if index and sources[index - 1] == source:
                spans[-1] = (urls[source], spans[-1][1], end)
            else:
                spans.append((urls[source], position, end))
            position = end + 1
        position += 1
    return tuple(spans)
