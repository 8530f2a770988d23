"""H2OFlowLink: from a training task to the cluster it trains on."""

from __future__ import annotations

from airflow_provider_devo_dga.links.told_link import ToldLink


class H2OFlowLink(ToldLink):
    """Opens H2O Flow of the cluster that ``H2OTrainOperator`` uses; a private cluster has none to open.

    The address is the XCom ``h2o_flow`` as soon as the task is connected. It holds no credentials: Flow asks
    for them.
    """

    KEY = "h2o_flow"
    name = "H2O Flow"
