"""What surrounds a night's work: a look whether it can be done at all before anything is fetched, and tidying up after it."""

from __future__ import annotations

import logging

from pipeline.errors import ConfigError, Fatal, Transient
from pipeline.nights import collect_garbage
from pipeline.runs import Run

logger = logging.getLogger(__name__)


def open_workspace(run: Run) -> None:
    """See that the store can be written and the warehouse be reached, and bring its schema up to date.

    Raises `ConfigError` for a store that cannot be written, `Fatal` for a warehouse that cannot be reached, as its address may be
    wrong, and what else `open_warehouse` raises: a night that cannot be loaded in the end is not begun.
    """
    from pipeline.warehouse import configured_warehouse, upgrade

    store, key = run.store(), f"workspace/{run.run_id}"
    try:
        store.put(key, b"written to see whether the store can be written\n")
        store.delete(key)
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"COPYDESK_STORE: {store.url} cannot be written ({reason}); mend it or set another") from error
    try:
        warehouse = configured_warehouse(run.settings)
    except Transient as error:
        if error.code != "warehouse_unreachable":
            raise
        raise Fatal(str(error)) from error
    applied = upgrade(warehouse)
    logger.info("the store and the warehouse can be used; %d migrations applied", len(applied))


def close_workspace(run: Run) -> None:
    """Delete the raw segments of the night that no fetch names: of attempts that were killed, or brought nothing new."""
    for key in collect_garbage(run.settings, only=run.run_date):
        logger.info("deleted %s, which no page needs", key)
