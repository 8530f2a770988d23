# syntax=docker/dockerfile:1
# Two images: `airflow` runs Airflow, the H2O nodes and the sandbox; `mlflow` the MLflow server.
# The versions are those that the tests run with: constraints.txt, deploy/mlflow-requirements.txt.

FROM apache/airflow:slim-3.3.2-python3.11 AS airflow
# an executor's, auth manager's or object storage's provider, separated by spaces
ARG PACKAGES=""
USER root
# group 0, because the containers run as any user of that group
RUN install -d -o airflow -g 0 -m 0775 /opt/h2o /opt/airflow/dags /srv/devo-dga /srv/sandbox
USER airflow
COPY --chown=airflow:0 constraints.txt /opt/build/
COPY --chown=airflow:0 pyproject.toml hatch_build.py README.md LICENSE NOTICE /opt/build/
COPY --chown=airflow:0 airflow_provider_devo_dga /opt/build/airflow_provider_devo_dga
COPY --chown=airflow:0 devo_sandbox /opt/build/devo_sandbox
COPY --chown=airflow:0 dags /opt/build/dags
RUN pip install --no-cache-dir -c /opt/build/constraints.txt \
      '/opt/build[h2o,mlflow,report,sandbox]' asyncpg psycopg2-binary ${PACKAGES} \
 && pip check \
 && cp /opt/build/dags/*.py /opt/airflow/dags/ \
 && ln -s "$(python -c 'from airflow_provider_devo_dga.models.java import find_java; print(find_java())')" /opt/h2o/java \
 && ln -s "$(python -c 'from airflow_provider_devo_dga.models.java import find_h2o_jar; print(find_h2o_jar())')" /opt/h2o/h2o.jar \
 && /opt/h2o/java -version

FROM python:3.11.13-slim-bookworm AS mlflow
COPY deploy/mlflow-requirements.txt /opt/
RUN pip install --no-cache-dir --no-deps -r /opt/mlflow-requirements.txt && pip check \
 && useradd --system --uid 50000 --gid 0 --home-dir /srv/mlflow mlflow \
 && install -d -o mlflow -g 0 -m 0775 /srv/mlflow
USER mlflow
WORKDIR /srv/mlflow
