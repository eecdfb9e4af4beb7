"""A regional portal of the 2000s kind: nested boxes, class names in no order, a legacy charset in a meta tag."""

from __future__ import annotations

from newsroom.records import Item
from newsroom.themes.common import View, attr, esc, inline, lay_out, nav_links, spread, style, teasers, tracker_js


def render(view: View) -> str:
    """Return the page."""
    outlet, copy = view.outlet, view.copy
    newest = teasers(view.links[:12], '<li><span class="godz">{time}</span> <a href="{url}">{title}</a></li>')
    popular = teasers(view.links[12:20], '<li><a href="{url}">{title}</a></li>')
    return f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" lang="{outlet.language}" xml:lang="{outlet.language}">
<head>
<meta http-equiv="Content-Type" content="text/html; charset={outlet.charset}" />
<title>{esc(copy.title)} - {esc(outlet.name)}</title>
<meta name="description" content="{attr(copy.standfirst)}" />
<meta property="og:title" content="{attr(copy.title)}" />
<meta property="og:type" content="article" />
<meta property="og:locale" content="{outlet.locale}" />
<meta property="article:published_time" content="{view.iso}" />
{"".join(f'<meta name="author" content="{attr(name)}" />' for name in view.signed)}
<link rel="canonical" href="{attr(view.url)}" />
<style type="text/css">{style(view, "portal", "u", 36)}</style>
{tracker_js("portal")}
</head>
<body>
<div id="gora"><div class="wew"><h2>{esc(outlet.name)}</h2><span>{esc(outlet.tagline)}</span></div></div>
<div class="menu">{nav_links(view, "", "")}</div>
<div id="strona"><div id="lewa"><div class="art"><h1 class="art_tytul">{esc(copy.title)}</h1>
<div class="art_info"><span class="data">{esc(view.shown_date)}, {view.published:%H:%M}</span>
<span class="autor">{esc(view.byline)}</span></div>
<div class="art_tresc">
{lay_out(copy.items, lambda item: _shape(view, item))}
</div></div></div>
<div id="prawa"><div class="box"><h3>{esc(view.labels["related"][0])}</h3><ul>{newest}</ul></div><div class="box">
<h3>{esc(view.labels["related"][-1])}</h3><ol>{popular}</ol></div></div></div>
<div id="stopka">{" | ".join(esc(text) for text in view.labels["footer"])}<br />{view.rights}</div>
</body></html>"""


def _shape(view: View, item: Item) -> str:
    line = item.lines[0]
    match item.kind:
        case "paragraph":
            return f"<p>{inline(line, view.home)}</p>"
        case "subhead":
            return f"<h3>{esc(line)}</h3>"
        case "list_item":
            return f"<li>{esc(line)}</li>"
        case "pull_quote":
            return f'<div class="cytat"><blockquote>{esc(line)}</blockquote></div>'
        case "photo":
            caption = f'<div class="podpis">{esc(line)}</div><div class="fot">{esc(item.lines[1])}</div>'
            return f'<div class="foto"><img src="{view.image}" alt="{attr(line)}" />{caption}</div>'
        case "ad":
            return f'<div class="rek">{esc(line)}</div>'
        case "related":
            links = "".join(f'<p><a href="{view.home}/">{esc(text)}</a></p>' for text in item.lines[1:])
            return f"<p><b>{esc(line)}</b></p>{links}"
        case "comments":
            return f'<div class="komentarze"><h4>{esc(line)}</h4>{spread(item.lines[1:], "<div class=kom>", "</div>")}</div>'
        case _:
            return spread(item.lines, "<p>", "</p>")
