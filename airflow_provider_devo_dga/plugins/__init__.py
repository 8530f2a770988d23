"""Pages in Airflow's own UI."""
