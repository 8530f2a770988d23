"""Devo's tutorial as a Dag: train on its dataset, register, classify the last hour, print the rows."""

from airflow.sdk import DAG, task

from airflow_provider_devo_dga.features.dga import TUTORIAL_FEATURES
from airflow_provider_devo_dga.features.linq import HostSource, scoring_query
from airflow_provider_devo_dga.hooks.devo import DevoHook
from airflow_provider_devo_dga.operators.h2o_train import H2OTrainOperator
from airflow_provider_devo_dga.operators.register_model import RegisterModelOperator
from airflow_provider_devo_dga.storage import default_store
from airflow_provider_devo_dga.tasks.run_window import run_window

DATA = "https://devo-ml-models-public-demos.s3.eu-west-3.amazonaws.com/legit_dga/dataset.csv"
MODELS = f"{default_store()}/models"
SOURCE = HostSource("demo.ecommerce.data", "referralUri", "clientIpAddress")
QUERY = scoring_query(TUTORIAL_FEATURES, SOURCE, devo_domain="self", model="dga_tutorial")

with DAG("dga_tutorial", schedule=None, tags=["devo"]):
    train = H2OTrainOperator(task_id="train", dataset=DATA, output_dir=MODELS, feature_set="tutorial")
    register = RegisterModelOperator(
        task_id="register", name="dga_tutorial", trained=train.output, if_exists="replace"
    )

    @task
    def classify(**context):
        for row in DevoHook().iter_rows(QUERY, **run_window(context).bounds):
            print(row)

    register >> classify()
