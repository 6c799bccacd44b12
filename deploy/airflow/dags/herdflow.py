"""herdflow's pipelines: one DAG for each pipeline of the manifest that HERDFLOW_MANIFEST names."""

from herdflow_airflow.factory import make_dags

globals().update(make_dags())
