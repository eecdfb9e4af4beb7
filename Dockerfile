# One image for every part of Airflow and for the command line: copydesk and what requirements-scale.lock names.
# The slow layers come first and change only with the locks; a change of our code makes the last small ones anew.

FROM python:3.12-slim AS dependencies
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements-uv.lock /tmp/
RUN pip install --require-hashes -r /tmp/requirements-uv.lock && python -m venv --without-pip /opt/copydesk
COPY requirements-scale.lock /tmp/
# Airflow without compiled modules starts three times slower. Where only pip is set up for an index, pip does the work.
RUN uv pip install --no-cache --python /opt/copydesk/bin/python --require-hashes --compile-bytecode -r /tmp/requirements-scale.lock \
 || pip --python /opt/copydesk/bin/python install --no-deps --require-hashes -r /tmp/requirements-scale.lock

FROM dependencies AS package
COPY pyproject.toml README.md LICENSE /src/
COPY dags /src/dags
COPY sql /src/sql
COPY newsroom /src/newsroom
COPY pipeline /src/pipeline
COPY deploy/init.py deploy/health.py /src/deploy/
# A checkout under a strict umask has files that none but its owner may read.
RUN chmod -R a+rX /src && uv pip install --no-cache --offline --python /opt/copydesk/bin/python --no-deps --no-build-isolation --compile-bytecode \
      --prefix /package /src

FROM python:3.12-slim
LABEL org.opencontainers.image.title="copydesk" org.opencontainers.image.licenses="Apache-2.0"
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
# The user and folders are those that Airflow's Helm chart expects; group 0 may write, for platforms that choose the user.
RUN useradd --uid 50000 --gid 0 --no-create-home --home-dir /opt/airflow airflow \
 && mkdir -p /opt/airflow/logs /opt/airflow/published /sources \
 && printf '%s\n' '# Empty on purpose: every setting comes from the environment.' | tee /opt/airflow/airflow.cfg >/opt/airflow/webserver_config.py \
 && chown -R airflow:0 /opt/airflow /sources && chmod -R g=u /opt/airflow /sources
ENV PATH=/opt/copydesk/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    AIRFLOW_HOME=/opt/airflow AIRFLOW__CORE__DAGS_FOLDER=/opt/airflow/dags AIRFLOW__CORE__LOAD_EXAMPLES=False \
    COPYDESK_PUBLISH=/opt/airflow/published COPYDESK_SOURCES=/sources/sources.toml
COPY --from=dependencies /opt/copydesk /opt/copydesk
COPY --from=package /package /opt/copydesk
COPY --from=package /src/deploy /opt/copydesk/deploy
COPY --from=package /src/dags /opt/airflow/dags
USER 50000:0
WORKDIR /opt/airflow
ENTRYPOINT ["tini", "--"]
CMD ["copydesk", "--help"]
