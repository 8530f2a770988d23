"""History of trainings and roles of models, kept in MLflow. Knows no Airflow."""
