"""Whether the traffic of an hour still looks like what the model was trained on. Plain Python, no Airflow."""
