"""An AWS account whose clients answer what a test has said before, and nothing else, by boto3's own models of it."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.stub import Stubber

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


class AnsweringAccount:
    """`account["ssm"]` is the stub of a service, `client("ssm")` the client that it is of."""

    def __init__(self) -> None:
        self._stubs: dict[str, Stubber] = {}
        self._clients: dict[str, Any] = {}

    def __getitem__(self, service: str) -> Stubber:
        self.client(service)
        return self._stubs[service]

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(service, **KEYS)  # type: ignore[call-overload]
            self._stubs[service] = Stubber(self._clients[service])
            self._stubs[service].activate()
        return self._clients[service]

    def parameter(self, name: str, value: str | None) -> None:
        """Parameter Store is asked for it once; None: there is none."""
        if value is None:
            self["ssm"].add_client_error("get_parameter", "ParameterNotFound", expected_params={"Name": name})
        else:
            self["ssm"].add_response("get_parameter", {"Parameter": {"Value": value}}, {"Name": name})

    def assert_asked_for_everything(self) -> None:
        for stub in self._stubs.values():
            stub.assert_no_pending_responses()
