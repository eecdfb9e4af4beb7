"""Lineage names the warehouse as OpenLineage does, without its password, and Airflow finds the names."""

from __future__ import annotations

import pytest

from pipeline.lineage import dataset, warehouse


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://desk:s3cret@db.example/news", ("postgres://db.example:5432", "news.public")),
        ("postgresql+psycopg://desk@db:6432/news", ("postgres://db:6432", "news.public")),
        ("sqlite:///data/warehouse.db", ("sqlite", "data/warehouse.db")),
        ("mysql+pymysql://db/news", ("mysql://db:3306", "news")),
    ],
)
def test_a_warehouse_is_named_by_host_port_and_database(url: str, name: tuple[str, str]) -> None:
    assert warehouse(url) == name


def test_airflow_asks_us_for_the_dataset_of_our_assets() -> None:
    from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

    assert ProvidersManagerTaskRuntime().asset_to_openlineage_converters["copydesk"] is dataset
