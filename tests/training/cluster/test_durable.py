"""What is left on the cluster when a training ends: for another try, or nothing."""

from __future__ import annotations

import pytest

from airflow_provider_devo_dga.errors import DatasetError, H2OClusterError, TrainingStoppedError
from airflow_provider_devo_dga.training.cluster.address import ClusterAddress
from airflow_provider_devo_dga.training.cluster.durable import Durable

ADDRESS = ClusterAddress("http://127.0.0.1:1")
FULL = OSError("the store is full")
STOPPED = TrainingStoppedError("stopped")


@pytest.mark.parametrize(
    ("error", "cancels", "is_last", "goes"),
    [
        (None, True, False, True),
        (STOPPED, True, False, True),
        (STOPPED, False, True, False),
        (H2OClusterError("away"), True, True, False),
        (FULL, True, False, False),
        (FULL, True, True, True),
        (DatasetError("would come again"), True, False, True),
        (KeyboardInterrupt(), True, False, True),
    ],
)
def test_only_a_try_that_can_go_on_finds_something(
    error: BaseException | None,
    cancels: bool,
    is_last: bool,
    goes: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    removed: list[ClusterAddress] = []
    monkeypatch.setattr(Durable, "remove", lambda self, address, **_: removed.append(address))
    durable = Durable("task", 1, 1, is_last)

    def end() -> None:
        with durable.kept_for_another_try(ADDRESS, cancels=cancels):
            if error is not None:
                raise error

    if error is None:
        end()
    else:
        with pytest.raises(type(error)):
            end()
    assert removed == [ADDRESS] * goes
