"""Apache Airflow provider: DGA detection with H2O models, registered and scored in Devo."""

__version__ = "0.1.0"
