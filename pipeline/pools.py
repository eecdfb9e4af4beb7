"""Airflow pools of the pipeline: how many tasks of a kind run at once over all runs. `pools_plugin` makes them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points

ENTRY_POINT = "copydesk_pools"
DEFAULT_POOL = "default_pool"  # Airflow's own


@dataclass(frozen=True, slots=True)
class PoolSize:
    """A pool, how many tasks it lets in at once when it is made, and what it is for."""

    name: str
    slots: int
    description: str

    @property
    def for_tasks(self) -> str:
        """The pool's name, or Airflow's own pool where the plug-in that makes ours is not installed.

        Tasks of a pool that does not exist are never scheduled, so DAG files used without the package installed name none.
        """
        return self.name if _plugin_is_installed() else DEFAULT_POOL


LOADER = PoolSize("copydesk_loader", 1, "Copydesk: tasks that write the warehouse, one at a time")
FETCHERS = PoolSize("copydesk_fetchers", 8, "Copydesk: tasks that fetch pages; each is a client on the network")
POOLS = (LOADER, FETCHERS)


@cache
def _plugin_is_installed() -> bool:
    return bool(entry_points(group="airflow.plugins", name=ENTRY_POINT))
