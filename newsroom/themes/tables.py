"""A page as they were made in 1998: tables for layout, upper-case tags, font elements, paragraphs that nobody closes."""

from __future__ import annotations

from newsroom.records import Item
from newsroom.themes.common import View, esc, inline, lay_out, nav_links, teasers, tracker_js, utility_css


def render(view: View) -> str:
    """Return the page."""
    outlet, copy = view.outlet, view.copy
    news = teasers(
        view.links[:16], '<TR><TD BGCOLOR="#FFFFEE"><FONT SIZE="2" FACE="Arial"><A HREF="{url}">{title}</A></FONT></TD></TR>'
    )
    menu = nav_links(view, '<TD ALIGN="center"><FONT SIZE="2">', "</FONT></TD>")
    spacer = "\n".join(
        f'<TR><TD COLSPAN="2"><IMG SRC="/media/spacer{index}.gif" WIDTH="1" HEIGHT="{index}" ALT=""></TD></TR>'
        for index in range(6)
    )
    return f"""<HTML>
<HEAD>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset={outlet.charset}">
<TITLE>{esc(outlet.name)}: {esc(copy.title)}</TITLE>
<STYLE TYPE="text/css"><!-- A {{ color: {outlet.colour} }} {utility_css("t", 36)} --></STYLE>
{tracker_js("tables")}
</HEAD>
<BODY BGCOLOR="#FFFFFF" TEXT="#000000" LINK="{outlet.colour}">
<CENTER><TABLE WIDTH="760" BORDER="0" CELLPADDING="6" CELLSPACING="0">
<TR><TD COLSPAN="2" BGCOLOR="{outlet.colour}" ALIGN="center"><FONT SIZE="6" COLOR="#FFFFFF" FACE="Times New Roman">
<B>{esc(outlet.name)}</B></FONT><BR>
<FONT SIZE="2" COLOR="#FFFFFF"><I>{esc(outlet.tagline)}</I></FONT></TD></TR>
<TR><TD COLSPAN="2"><TABLE WIDTH="100%" BORDER="0"><TR>{menu}</TR></TABLE></TD></TR>
{spacer}
<TR VALIGN="top"><TD WIDTH="180" BGCOLOR="#F0EAD6"><TABLE BORDER="0" CELLSPACING="4">{news}</TABLE></TD>
<TD WIDTH="580">
<H1><FONT FACE="Times New Roman">{esc(copy.title)}</FONT></H1>
<FONT SIZE="2">{esc(view.byline)}<BR>{esc(view.shown_date)}</FONT><HR NOSHADE SIZE="1">
<FONT SIZE="3" FACE="Times New Roman">
{lay_out(copy.items, lambda item: _shape(view, item), "<UL>", "</UL>")}
</FONT></TD></TR>
<TR><TD COLSPAN="2" ALIGN="center"><HR>
<FONT SIZE="1">{" | ".join(esc(text) for text in view.labels["footer"])}<BR>{view.rights}</FONT></TD></TR>
</TABLE></CENTER>
</BODY></HTML>"""


def _shape(view: View, item: Item) -> str:
    line = item.lines[0]
    match item.kind:
        case "paragraph":
            return f"<P>{inline(line, view.home)}"
        case "subhead":
            return f"<P><B>{esc(line)}</B></P>"
        case "list_item":
            return f"<LI>{esc(line)}"
        case "photo":
            picture = f'<IMG SRC="{view.image}" WIDTH="220" HEIGHT="150" ALT="">'
            caption = f'<FONT SIZE="1">{esc(line)}<BR>{esc(item.lines[1])}</FONT>'
            return f'<TABLE ALIGN="right" WIDTH="220"><TR><TD>{picture}<BR>{caption}</TD></TR></TABLE>'
        case "related":
            return f"<P><B>{esc(line)}</B><BR>" + "<BR>".join(f'<A HREF="/">{esc(text)}</A>' for text in item.lines[1:]) + "</P>"
        case "pull_quote":
            return f"<BLOCKQUOTE>{esc(line)}</BLOCKQUOTE>"
        case _:
            return "".join(f'<P ALIGN="center"><FONT SIZE="1">{esc(text)}</FONT></P>' for text in item.lines)
