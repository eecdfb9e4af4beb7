"""A deterministic sample news web: outlets, a wire desk, bad pages, and the right answer for every page.

It is demo, test oracle and load generator in one. `build` makes a `Newsroom`; `newsroom.server` puts it on loopback.
"""

from newsroom.records import DEFAULT_PORT, Gold, Outlet, Page
from newsroom.room import Newsroom, build

__all__ = ["DEFAULT_PORT", "Gold", "Newsroom", "Outlet", "Page", "build"]
