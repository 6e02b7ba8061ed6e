"""What API Gateway says when it refuses: HTTP status, error type, message. Never the reason, which goes to the log."""

from __future__ import annotations

import json
from http.client import responses
from typing import Final

ERROR_TYPES: Final = {
    400: "BadRequestException",
    401: "UnauthorizedException",
    403: "ForbiddenException",
    404: "NotFoundException",
    405: "MethodNotAllowedException",
    410: "GoneException",
    413: "PayloadTooLargeException",
    429: "LimitExceededException",
    500: "InternalServerErrorException",
    502: "BadGatewayException",
    503: "ServiceUnavailableException",
    504: "IntegrationTimeoutException",
}
"""Values of `x-amzn-ErrorType`; for 403, 410, 413 and 429 boto3 makes its exception classes of them."""

MESSAGES: Final = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    410: "The connection with the provided id no longer exists.",
    413: "The data has exceeded the maximum size allowed.",
    429: "Too Many Requests",
    500: "Internal server error",
    502: "Internal server error",
    503: "Service Unavailable",
    504: "Endpoint request timed out",
}
"""API Gateway's default gateway responses by status."""


class Refusal(Exception):  # noqa: N818  # raised for what AWS answers, most of which is not an error of the gateway
    """A request that API Gateway itself answers. `status` says which way; `str` is for the log only."""

    def __init__(self, status: int, detail: str = "", *, message: str | None = None) -> None:
        """`message` None: the default for `status`. `detail` never reaches a client."""
        self.status = status
        self.message = message or MESSAGES.get(status) or responses.get(status, "")
        super().__init__(detail or self.message)


def error_body(message: str, connection_id: str | None, request_id: str) -> bytes:
    """The JSON that API Gateway sends as an error frame, and as the body of a refused request."""
    document = {"message": message, "connectionId": connection_id, "requestId": request_id}
    if connection_id is None:
        del document["connectionId"]
    return json.dumps(document).encode()
