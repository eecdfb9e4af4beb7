"""A PostgreSQL server for Airflow's own database, where a test needs one."""

from tests.warehouse.conftest import new_database, postgres_url

__all__ = ["new_database", "postgres_url"]
