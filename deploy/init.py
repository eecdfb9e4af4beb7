"""Bring an empty or older installation up to date: Airflow's database, the pools, the first user, the warehouse, the bucket.

Every step can be done again and again, so it runs before each start. All that it needs to know is in the environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError

OURS_ALREADY = ("BucketAlreadyOwnedByYou", "BucketAlreadyExists")


def main() -> int:
    """Take every step; returns the exit status."""
    for step in (migrate_airflow, make_pools, make_first_user, migrate_warehouse, make_bucket):
        print(f"init: {step.__name__.replace('_', ' ')} …", flush=True)
        step()
    print("init: done")
    return 0


def migrate_airflow() -> None:
    """Create Airflow's tables, or bring them to the version of this image."""
    run("airflow", "db", "migrate")


def make_pools() -> None:
    """Create the pools that the DAGs name and that are missing."""
    from pipeline.pools_plugin import make_missing_pools

    make_missing_pools()


def make_first_user() -> None:
    """Create the administrator that ADMIN_USER and ADMIN_PASSWORD name; one that exists keeps the password it has."""
    user, password = os.environ["ADMIN_USER"], os.environ["ADMIN_PASSWORD"]
    names = ("--firstname", user, "--lastname", "Copydesk", "--email", f"{user}@copydesk.invalid")
    run("airflow", "users", "create", "--role", "Admin", "--username", user, "--password", password, *names)


def migrate_warehouse() -> None:
    """Apply the migrations that the warehouse lacks."""
    run("copydesk", "db", "upgrade")


def make_bucket() -> None:
    """Create the bucket of COPYDESK_STORE where it is one and is not there yet."""
    store = urlsplit(os.environ["COPYDESK_STORE"])
    if store.scheme != "s3":
        return
    s3 = boto3.client("s3", region_name=os.environ.get("AWS_REGION", "us-east-1"))
    try:
        s3.create_bucket(Bucket=store.netloc)
    except ClientError as error:
        if error.response["Error"]["Code"] not in OURS_ALREADY:
            raise


def run(*command: str) -> None:
    """Run a command; ends this process with its status when it fails, naming it without its arguments: one is a password."""
    status = subprocess.run(command, check=False).returncode
    if status:
        print(f"init: `{' '.join(command[:3])}` failed with status {status}", file=sys.stderr)
        sys.exit(status)


if __name__ == "__main__":
    sys.exit(main())
