"""The run of a DAG that a reader comes from: what it failed of, and whether the night on the page is what it loaded."""

from __future__ import annotations

from dataclasses import dataclass

GOES_ON = "The run goes on: what it brings is here when it is loaded. Open this page again then."
# By Airflow's word for the state of a run; `dry` is one that was to load nothing.
NOT_LOADED = {
    "queued": GOES_ON,
    "running": GOES_ON,
    "success": "The run loaded nothing.",
    "failed": "The run failed before its load.",
    "dry": "The run was to load nothing: it was dry, only compared, or left the stage load out.",
}
BY_HAND = "No task of it failed, so somebody has marked it as failed: clear all of its tasks, and it begins anew."
UNKNOWN = "A run that goes on, was dry or failed before its load leaves nothing here."


@dataclass(frozen=True, slots=True)
class Failure:
    """A task that failed and of what; `waits` while it is to be tried again."""

    task: str
    cause: str
    waits: bool


@dataclass(frozen=True, slots=True)
class CameFrom:
    """A run as its tab asks for it; `loaded` when its load has succeeded."""

    state: str
    loaded: bool
    failures: tuple[Failure, ...] = ()

    @property
    def note(self) -> str:
        """Say why the night is not in the warehouse, or as an earlier run has left it; nothing when this run has loaded it."""
        if self.loaded:
            return ""
        by_hand = f" {BY_HAND}" if self.state == "failed" and not self.failures else ""
        return NOT_LOADED.get(self.state, UNKNOWN) + by_hand


NOBODY = CameFrom("", loaded=False)
