"""Scored rows in, evidence and a report out. Knows nothing of Airflow or Devo.

Rows come from a Parquet file, facts about the run from a ``ReportContext``.
"""
