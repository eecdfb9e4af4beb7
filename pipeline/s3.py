"""The store on S3, or on any server that speaks its language.

An object appears when its upload is complete, so a reader never sees half a file. Credentials, region and endpoint come
from the usual AWS settings (`AWS_ACCESS_KEY_ID`, `AWS_PROFILE`, `AWS_ENDPOINT_URL`, an instance role, …).
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import os
import random
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import boto3.exceptions
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    IncompleteReadError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    ResponseStreamingError,
)

from pipeline.errors import ConfigError, CopydeskError, Transient, hidden_userinfo
from pipeline.locks import locked

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

logger = logging.getLogger(__name__)

ATTEMPTS = 6  # with botocore's own backoff: rides out some 20 seconds of SlowDown
LONGEST_PAUSE = 20.0  # seconds, as botocore has it
CONNECTIONS = 16
CONNECT_TIMEOUT, READ_TIMEOUT = 10, 60
# Raw segments are 100 MB: one request each up to here, larger files in parts of the same size.
PART_BYTES = 128 * 2**20
LIST_PAGE = 1000  # keys of one answer, the most that S3 gives
DEFAULT_REGION = "us-east-1"  # what servers other than Amazon's take when none is set

CUT_OFF = (IncompleteReadError, ReadTimeoutError, ResponseStreamingError)
GONE = ("NoSuchKey", "404", "NotFound")
BEYOND_THE_END = ("InvalidRange", "416")
AMAZON = re.compile(r"\.(?:amazonaws\.com(?:\.cn)?|api\.aws)\Z")
WRONG_CREDENTIALS = (
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "AccessDenied",
    "403",
    "Forbidden",
    "ExpiredToken",
    "InvalidToken",
)


class _BeyondTheEnd(Exception):
    """A span was asked for that begins behind the last byte of its object."""


class S3Store:
    """A store under `s3://bucket/prefix`."""

    def __init__(self, url: str) -> None:
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        if not bucket:
            raise ConfigError(f"COPYDESK_STORE: {url!r} names no bucket; write s3://bucket/prefix")
        self.url = url
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._where = "AWS"  # to be told
        with self._explained("open"):
            self._client, self._where = _client()

    def put(self, key: str, data: bytes) -> None:
        with self._explained(f"write {key}"):
            self._client.put_object(Bucket=self._bucket, Key=self._key(key), Body=data)

    def put_file(self, key: str, path: Path) -> None:
        transfer = TransferConfig(multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, use_threads=False)
        with self._explained(f"write {key}"):
            self._client.upload_file(str(path), self._bucket, self._key(key), Config=transfer)
        path.unlink()

    def get(self, key: str) -> bytes:
        return self._read(key)

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        if length <= 0:
            return b""
        span = f"bytes={offset}-{offset + length - 1}" if offset >= 0 else f"bytes={offset}"
        try:
            return self._read(key, Range=span)
        except _BeyondTheEnd:
            return b""  # as of a file on a disk

    def list(self, prefix: str) -> Iterator[str]:
        with self._explained(f"list {prefix}"):
            listing = self._client.get_paginator("list_objects_v2")
            pages = listing.paginate(Bucket=self._bucket, Prefix=self._key(prefix), PaginationConfig={"PageSize": LIST_PAGE})
            names = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        yield from sorted(name.removeprefix(self._prefix) for name in names)

    def delete(self, key: str) -> None:
        with suppress(KeyError), self._explained(f"delete {key}", key):  # Google's server tells what is gone, Amazon's does not
            self._client.delete_object(Bucket=self._bucket, Key=self._key(key))

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold a lock among the processes of this machine; across machines the scheduler keeps a DAG to one run at a time."""
        digest = hashlib.sha256(f"{self.url} {name}".encode()).hexdigest()[:24]
        path = Path(tempfile.gettempdir(), f"copydesk-{os.getuid()}-{digest}.lock")
        with path.open("a+") as handle, locked(handle, f"{self.url}/{name}"):
            yield

    def _read(self, key: str, **span: Any) -> bytes:
        """Return an object, or a span of it; asks again when it is cut off as it comes, which botocore leaves to its callers."""
        with self._explained(f"read {key}", key):
            for attempt in itertools.count(1):
                body = self._client.get_object(Bucket=self._bucket, Key=self._key(key), **span)["Body"]
                try:
                    return body.read()
                except CUT_OFF:
                    if attempt == ATTEMPTS:
                        raise
                    time.sleep(random.uniform(0, min(2**attempt, LONGEST_PAUSE)))  # noqa: S311  (jitter, no secret)
        raise AssertionError("unreachable")

    def _key(self, key: str) -> str:
        return self._prefix + key

    @contextmanager
    def _explained(self, action: str, key: str | None = None) -> Iterator[None]:
        """Turn botocore's errors into ours; `KeyError` when `key` is what is not there."""
        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if key is not None and code in GONE:
                raise KeyError(key) from None
            if code in BEYOND_THE_END:
                raise _BeyondTheEnd from None
            raise self._client_error(action, code, error) from error
        except (NoCredentialsError, PartialCredentialsError, ProfileNotFound, NoRegionError) as error:
            raise ConfigError(
                f"store {self.url}: cannot {action}: {error}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
            ) from error
        except (BotoCoreError, boto3.exceptions.Boto3Error, ValueError) as error:
            raise self._network_error(action, error) from error

    def _client_error(self, action: str, code: str, error: ClientError) -> CopydeskError:
        if code == "NoSuchBucket":
            return ConfigError(
                f"store {self.url}: there is no bucket {self._bucket!r}; make it, or set COPYDESK_STORE or `files` to another"
            )
        if code in WRONG_CREDENTIALS:
            return ConfigError(f"store {self.url}: cannot {action}: {code}; check the credentials and what they are allowed to do")
        return Transient("store", f"{self.url}: cannot {action}: {error}")

    def _network_error(self, action: str, error: Exception) -> CopydeskError:
        cause: Any = error.__cause__ or error.__context__
        if isinstance(error, boto3.exceptions.S3UploadFailedError) and isinstance(cause, ClientError):
            return self._client_error(action, cause.response.get("Error", {}).get("Code", ""), cause)
        if isinstance(error, ValueError):
            return ConfigError(f"store {self.url}: {hidden_userinfo(str(error))}; check COPYDESK_STORE and AWS_ENDPOINT_URL")
        return Transient("store", hidden_userinfo(f"{self.url}: cannot {action} at {self._where}: {error}"))


def _client() -> tuple[S3Client, str]:
    """Return the client of the server that the environment or the profile names, and what to call that server."""
    session = boto3.session.Session()
    _refuse_password(os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or "")
    region = session.region_name or DEFAULT_REGION
    endpoint = session.client("s3", region_name=region).meta.endpoint_url  # there are four places to name one, and a switch
    _refuse_password(endpoint)
    elsewhere = AMAZON.search(urlsplit(endpoint).hostname or "") is None
    config = Config(
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        max_pool_connections=CONNECTIONS,
        # Servers other than Amazon's do not all know the checksums that boto3 sends unasked.
        request_checksum_calculation="when_required" if elsewhere else "when_supported",
        response_checksum_validation="when_required" if elsewhere else "when_supported",
        s3={"addressing_style": "path"} if elsewhere else {},
    )
    client: S3Client = session.client("s3", region_name=region, config=config)
    return client, endpoint if elsewhere else "AWS"


def _refuse_password(endpoint: str) -> None:
    """Raise `ConfigError` for an address that holds one: it would sign nothing, and stand in botocore's own errors in the log."""
    if "@" in endpoint.partition("://")[2].partition("/")[0]:
        raise ConfigError("AWS_ENDPOINT_URL holds a user or a password: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead")
