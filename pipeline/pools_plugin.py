"""An Airflow plug-in, by entry point, that makes the pools when a scheduler starts: nobody has to click them together."""

from __future__ import annotations

import logging
import sys
from typing import Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

from pipeline.pools import ENTRY_POINT, POOLS

logger = logging.getLogger(__name__)


@hookimpl
def on_starting(component: Any) -> None:
    """Make the pools that are missing; one that is there is left as somebody has set it.

    Airflow calls this when any part of it starts. Its jobs (scheduler, triggerer, DAG processor) have its database, tasks do not.
    """
    from airflow.jobs.job import Job

    if isinstance(component, Job):
        make_missing_pools()


def make_missing_pools() -> None:
    """Make those of `POOLS` that Airflow does not have yet."""
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session
    from sqlalchemy.exc import IntegrityError

    for pool in POOLS:
        try:
            with create_session() as session:
                if Pool.get_pool(pool.name, session=session) is None:
                    session.add(Pool(pool=pool.name, slots=pool.slots, description=pool.description, include_deferred=False))
                    logger.info("made the pool %s with %d slots", pool.name, pool.slots)
        except IntegrityError:
            logger.debug("another part of Airflow has made the pool %s at the same moment", pool.name)


class PoolsPlugin(AirflowPlugin):
    """Tells Airflow of `on_starting`."""

    name = ENTRY_POINT
    listeners = [sys.modules[__name__]]  # noqa: RUF012  (the interface is Airflow's)
