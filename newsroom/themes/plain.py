"""Pages that are not articles: a consent wall, a wall against bots, a list of headlines, an error page."""

from __future__ import annotations

from newsroom.themes.common import View, attr, esc, nav_links, spread, style, teasers


def _shell(view: View, title: str, body: str) -> str:
    outlet = view.outlet
    return f"""<!DOCTYPE html>
<html lang="{outlet.language}">
<head><meta charset="{outlet.charset}"><title>{esc(title)} – {esc(outlet.name)}</title>
<style>{style(view, "plain", "s", 30)}</style></head>
<body><header>{esc(outlet.name)}</header>
{body}
<footer><main>{spread(view.labels["footer"], "<span>", "</span> · ")}<p>{view.rights}</p></main></footer></body></html>"""


def consent(view: View) -> str:
    """Return a consent wall: what stands before an article until the reader has agreed."""
    first, *buttons = view.labels["consent"]
    text = spread(tuple(view.labels["consent_text"]), "<p>", "</p>")
    choices = spread(tuple(buttons), "<button>", "</button> ")
    body = f'<main class="cmp" role="dialog" aria-modal="true"><h1>{esc(first)}</h1>{text}{choices}</main>'
    return _shell(view, first, body)


def bot_wall(view: View) -> str:
    """Return the page that a guard against robots shows."""
    first, *rest = view.labels["bot_wall"]
    form = '<form id="challenge-form" method="post"><input type="hidden" name="token"></form>'
    body = f"<main><h1>{esc(first)}</h1>{spread(tuple(rest), '<p>', '</p>')}{form}"
    return _shell(view, first, body + "<noscript><p>JavaScript</p></noscript></main>")


def section(view: View, title: str) -> str:
    """Return a list of headlines: a front page or a section."""
    cards = teasers(view.links, '<article class="card"><h2><a href="{url}">{title}</a></h2><p><time>{time}</time></p></article>')
    older = f'<p><a href="{attr(view.home)}/?page=2">2</a></p>'
    return _shell(view, title, f"<nav><ul>{nav_links(view)}</ul></nav><main><h1>{esc(title)}</h1>{cards}{older}</main>")


def not_found(view: View) -> str:
    """Return the page for an address that leads nowhere."""
    first, *rest = view.labels["not_found"]
    links = teasers(view.links[:8], '<li><a href="{url}">{title}</a></li>')
    text = spread(tuple(rest), "<p>", "</p>")
    return _shell(view, first, f"<nav><ul>{nav_links(view)}</ul></nav><main><h1>{esc(first)}</h1>{text}<ul>{links}</ul></main>")
