"""herdflow's pipelines in Apache Airflow: DAGs from the manifest, an operator that waits without a worker."""
