"""The network whose windows are stored."""

from tests.stored_network import network  # noqa: F401 - a fixture
