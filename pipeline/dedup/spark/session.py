"""The Spark session: started with what the pipeline needs, or an error that says what is missing."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import TimeoutExpired
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError, Fatal

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# What the engine relies on. Memory, cores and places to spill are the user's: spark-submit's options or spark-defaults.conf.
_NEEDED = {
    "spark.sql.execution.arrow.maxRecordsPerBatch": "4096",  # some 20 MB of articles at a time between Java and Python
    "spark.sql.inMemoryColumnarStorage.batchSize": "1000",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "16",  # until the number of documents is known
    # Small partitions are put together up to this size, compressed: a Python worker, and the driver for answers, hold a whole one.
    "spark.sql.adaptive.advisoryPartitionSizeInBytes": "8m",
    "spark.sql.codegen.wholeStage": "false",  # the work is in Python; compiling some hundred small plans is not
}
_NAMED = re.compile(r"(Caused by: )?[\w.$]*(Error|Exception|Reject|Fatal)\b: ")
# Without this a thread of the driver that runs out of memory ends alone, and the job waits for it for ever.
_OUT_OF_MEMORY = "-XX:+ExitOnOutOfMemoryError -XX:+DisplayVMOutputToStderr"
_JAVA_ENDS = 10.0  # seconds that a Java process may take to end after its connections closed
_LOCAL = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1", "spark.ui.enabled": "false"}


def check_installed() -> None:
    """Raise `ConfigError` where pyspark or Java is missing."""
    try:
        import pyspark  # noqa: F401
    except ImportError:
        raise ConfigError(
            "--engine spark: pyspark is not installed; install it with `make spark` or `pip install -r requirements-spark.lock`"
        ) from None
    home = os.environ.get("JAVA_HOME")
    if home and not Path(home, "bin", "java").is_file():
        raise ConfigError(f"--engine spark: JAVA_HOME is {home!r}, which has no bin/java; set it to a Java 17 or 21 installation")
    if not home and shutil.which("java") is None:
        raise ConfigError(
            "--engine spark: there is no Java; install one (Debian: `apt-get install openjdk-17-jre-headless`) or set JAVA_HOME"
        )


@contextmanager
def session(master: str | None) -> Iterator[SparkSession]:
    """Give a Spark session on `master` (default: what spark-submit says, else all cores here); ends it, unless it was there."""
    check_installed()
    from py4j.protocol import Py4JError
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    if running is not None:
        yield running
        return
    spark = _start(SparkSession.builder.appName("copydesk"), master)
    spark.sparkContext.setLogLevel("OFF")
    try:
        yield spark
    except Exception as error:
        if _java_ended(spark, error):
            told = "Java ran out of memory or was killed; give it more: SPARK_DRIVER_MEMORY=4g, or spark-submit --driver-memory"
            raise Fatal(f"--engine spark: {told}") from error
        if type(error).__module__.split(".")[0] in ("pyspark", "py4j"):
            raise Fatal(f"--engine spark: {_reason(error)}") from error
        raise
    finally:
        with suppress(OSError, Py4JError):  # what has ended need not be stopped
            spark.stop()


def _start(builder: SparkSession.Builder, master: str | None) -> SparkSession:
    from pyspark import SparkConf

    given = SparkConf()
    master = master or given.get("spark.master") or "local[*]"
    options = _NEEDED | (_LOCAL if master.startswith("local") else {})
    for name, value in options.items():
        builder = builder.config(name, given.get(name, value))
    given_to_java = os.environ.get("SPARK_SUBMIT_OPTS", "")
    if _OUT_OF_MEMORY not in given_to_java:
        os.environ["SPARK_SUBMIT_OPTS"] = f"{given_to_java} {_OUT_OF_MEMORY}".strip()
    if master.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    try:
        return builder.master(master).getOrCreate()
    except Exception as error:  # of pyspark where Java ended, of py4j where Spark refused
        raise ConfigError(f"--engine spark: Spark cannot start on --master {master!r}: {_reason(error)}") from error


def _java_ended(spark: SparkSession, error: Exception) -> bool:
    """Say whether the error is that the Java process we started is gone."""
    from py4j.protocol import Py4JNetworkError

    process = spark.sparkContext._gateway.proc  # None where spark-submit started us
    if process is None or not isinstance(error, (EOFError, OSError, Py4JNetworkError)):
        return False
    try:
        process.wait(_JAVA_ENDS)
    except TimeoutExpired:
        return False
    return True


def _reason(error: Exception) -> str:
    """Return the line of a trace of Python and Java that says what happened."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    named = [line for line in lines if _NAMED.match(line)]
    return next(reversed([*lines[:1], *named]), type(error).__name__)
