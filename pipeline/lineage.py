"""What Airflow's OpenLineage provider, where it is installed, is told about our assets: which dataset each of them is.

Airflow asks a *provider* how an asset's URI is named in OpenLineage. This module is found by the entry point
`apache_airflow_provider`; without the OpenLineage provider nobody asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url

from pipeline.config import load_settings

if TYPE_CHECKING:
    from airflow.sdk import Asset

PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306}


def provider_info() -> dict[str, Any]:
    """Return what Airflow wants to know of a provider."""
    return {
        "package-name": "copydesk",
        "name": "Copydesk",
        "description": "Clean news text every morning: the assets copydesk://articles and copydesk://run_report.",
        "asset-uris": [{"schemes": ["copydesk"], "handler": None, "to_openlineage_converter": f"{__name__}.dataset"}],
    }


def dataset(asset: Asset, lineage_context: object) -> object:
    """Return the OpenLineage dataset of an asset: the table `articles` of the warehouse, or the report of a run.

    Named as OpenLineage names databases: https://openlineage.io/docs/spec/naming. No user and no password are in it.
    """
    from airflow.providers.common.compat.openlineage.facet import Dataset

    name = urlsplit(asset.uri).netloc
    namespace, database = warehouse(load_settings().warehouse_url)
    return Dataset(namespace=namespace, name=f"{database}.{name}" if name == "articles" else f"{database}.nightly_funnel")


def warehouse(url: str) -> tuple[str, str]:
    """Return the namespace and the database's name (with its schema, where it has one) of a SQLAlchemy URL."""
    parsed = make_url(url)
    dialect = parsed.get_backend_name()
    if parsed.host is None:
        return dialect, str(parsed.database)
    scheme = "postgres" if dialect == "postgresql" else dialect
    port = parsed.port or PORTS.get(dialect)
    return (
        f"{scheme}://{parsed.host}{f':{port}' if port else ''}",
        f"{parsed.database}{'.public' if dialect == 'postgresql' else ''}",
    )
