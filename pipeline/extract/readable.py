"""readability-lxml over a tree that was parsed already."""

from __future__ import annotations

from copy import deepcopy

from lxml.html import HtmlElement
from readability import Document
from readability.readability import REGEXES

HIDES = REGEXES["displayNoneRe"]


class TreeDocument(Document):  # type: ignore[misc]  # the library has no types
    """A document whose source is an lxml tree, which stays as it is.

    The library would clean the tree of what may do harm in a browser (handlers, `javascript:` addresses) before it reads it. Here
    only the text is wanted, so what holds none is left out, and that is all.
    """

    def _parse(self, source: HtmlElement) -> HtmlElement:
        tree = deepcopy(source)
        for element in tree.xpath("//*[@hidden or @style]"):
            if element.get("hidden") is not None or HIDES.search(element.get("style", "")):
                element.drop_tree()
        for element in list(tree.iter("script", "style")):
            element.drop_tree()
        self.encoding = "utf-8"
        return tree
