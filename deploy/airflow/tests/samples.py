"""A manifest as herdflow writes it."""

from __future__ import annotations

import copy
from typing import Any

_RETRIES = {"count": 3, "first_delay_seconds": 30, "longest_delay_seconds": 600}
# What each task that computes gold comes after.
AFTER = {
    "daily_aggregation": ["cleanse_measurements"],
    "weekly_aggregation": ["daily_aggregation"],
    "monthly_aggregation": ["daily_aggregation"],
    "yearly_aggregation": ["monthly_aggregation"],
    "cow_daily_metrics": ["cleanse_measurements"],
    "herd_daily_metrics": ["daily_aggregation", "cow_daily_metrics"],
    "cow_milk_means": ["cow_daily_metrics"],
}
AGGREGATIONS = list(AFTER)


def task(id: str, *after: str) -> dict[str, Any]:
    return {
        "id": id,
        "description": f"does {id}",
        "after": list(after),
        "retries": dict(_RETRIES),
        "time_out_seconds": 3600,
    }


def pipeline(id: str, *tasks: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": id,
        "description": f"the pipeline {id}",
        "owner": "herd",
        "tags": ["herdflow", "silver"],
        "schedule": "when new",
        "tasks": list(tasks),
    }


_SAMPLE = {
    "version": 1,
    "scheduler": "external",
    "time_zone": "Europe/Berlin",
    "pipelines": [
        pipeline("cow_data_pipeline", task("cleanse_cows")),
        pipeline("sensor_data_pipeline", task("cleanse_sensors")),
        pipeline(
            "measurement_data_pipeline",
            task("cleanse_measurements"),
            *(task(each, *after) for each, after in AFTER.items()),
        ),
    ],
}


def sample() -> dict[str, Any]:
    """One to change."""
    return copy.deepcopy(_SAMPLE)
