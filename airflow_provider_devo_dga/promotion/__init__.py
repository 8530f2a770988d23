"""Which model serves, and how another one takes its place without a gap. Knows no Airflow."""
