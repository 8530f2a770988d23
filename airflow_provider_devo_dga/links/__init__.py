"""Links of tasks in Airflow's UI to what they are about elsewhere."""
