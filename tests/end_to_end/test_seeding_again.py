"""The same readings again, and the store made anew from the log."""

from __future__ import annotations

from pathlib import Path

import files
import pytest
from comparison import assert_audit_is_balanced, assert_same_results
from installation import Installation

pytestmark = pytest.mark.slow


def test_shuffled_copies_change_neither_silver_nor_gold(
    real_herd: Installation, real_files: Path, tmp_path: Path
) -> None:
    """`bronze and quarantine double, silver and gold stay the same to the last bit`."""
    again = real_herd.copy_to(tmp_path / "data")
    again.seed_and_process(files.shuffled_copies(real_files, tmp_path / "shuffled", seed=2))
    for table in ("bronze_cows", "bronze_sensors", "bronze_measurements", "silver_quarantine"):
        assert again.count(table) == 2 * real_herd.count(table), table
    assert_audit_is_balanced(again)
    assert_same_results(again, real_herd)


def test_a_deleted_store_is_made_again_from_the_log(
    real_herd: Installation, tmp_path: Path
) -> None:
    """`store.db deleted, then load and pipeline run: the same again`."""
    again = real_herd.copy_to(tmp_path / "data")
    for file in again.folder.glob("store.db*"):
        file.unlink()
    again.process()
    for table in ("bronze_measurements", "silver_quarantine"):
        assert again.count(table) == real_herd.count(table), table
    assert_audit_is_balanced(again)
    assert_same_results(again, real_herd)
