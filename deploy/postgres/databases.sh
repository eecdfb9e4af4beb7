#!/bin/bash
# Run once, by PostgreSQL's own image, when the data volume is empty: two roles, two databases, neither can open the other's.
set -euo pipefail
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv airflow_password AIRFLOW_DB_PASSWORD
\getenv warehouse_password WAREHOUSE_DB_PASSWORD
CREATE ROLE airflow LOGIN PASSWORD :'airflow_password';
CREATE ROLE copydesk LOGIN PASSWORD :'warehouse_password';
CREATE DATABASE airflow OWNER airflow;
CREATE DATABASE warehouse OWNER copydesk;
REVOKE ALL ON DATABASE airflow, warehouse FROM PUBLIC;
SQL
