"""Hooks: Airflow connections turned into Devo's and H2O's clients."""
