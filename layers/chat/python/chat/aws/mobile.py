"""SNS mobile push behind `chat.mobile.MobilePush`: the services of Apple and Google, by platform applications."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode

import orjson

from chat.aws import wiring
from chat.aws.calls import Request, Response
from chat.aws.client import AwsClient
from chat.errors import InvalidFieldError, UnavailableError
from chat.mobile import Alert, Told

KINDS = {"APNS": "apns", "APNS_SANDBOX": "apns", "GCM": "fcm"}
"""What clients call the platforms that SNS knows."""

TTL_S = 24 * 3_600

_ENDPOINT = re.compile(rb"<EndpointArn>([^<]+)</EndpointArn>")
_GONE = (b"EndpointDisabled", b"NotFound", b"PlatformApplicationDisabled")


@dataclass(frozen=True)
class SnsMobile:
    """The stage's applications: their ARNs by kind."""

    client: AwsClient
    applications: Mapping[str, str]

    @property
    def platforms(self) -> list[str]:
        """See `chat.mobile.MobilePush`."""
        return sorted(self.applications)

    def enroll(self, platform: str, token: str) -> str:
        """See `chat.mobile.MobilePush`. A telephone that was given up before is taken up again: two calls."""
        made = self._call(
            "CreatePlatformEndpoint", {"PlatformApplicationArn": self.applications[platform], "Token": token}
        )
        found = _ENDPOINT.search(made.body)
        if not made.ok or found is None:
            if made.transient:
                raise UnavailableError("The service of the platform does not answer; try again.", retry_after_ms=1_000)
            raise InvalidFieldError("`token` is what the telephone's system gave.")
        endpoint = found[1].decode()
        attributes = {"Token": token, "Enabled": "true"}
        form = {"EndpointArn": endpoint}
        for at, (name, value) in enumerate(attributes.items(), start=1):
            form |= {f"Attributes.entry.{at}.key": name, f"Attributes.entry.{at}.value": value}
        self._require(self._call("SetEndpointAttributes", form))
        return endpoint

    def tell(self, endpoint: str, alert: Alert, collapse: str) -> Told:
        """See `chat.mobile.MobilePush`."""
        platform = endpoint.split("/")[1]
        shown = _of_apple(alert) if KINDS[platform] == "apns" else _of_google(alert, collapse)
        message = {"default": alert.body, platform: orjson.dumps(shown).decode()}
        form = {"TargetArn": endpoint, "MessageStructure": "json", "Message": orjson.dumps(message).decode()}
        attributes = _attributes(platform, alert, collapse)
        for at, (name, value) in enumerate(attributes.items(), start=1):
            entry = f"MessageAttributes.entry.{at}"
            form |= {f"{entry}.Name": name, f"{entry}.Value.DataType": "String", f"{entry}.Value.StringValue": value}
        answer = self._call("Publish", form)
        if answer.ok:
            return Told.TAKEN
        if any(words in answer.body for words in _GONE):
            return Told.GONE
        return Told.FAILED if answer.transient else Told.REFUSED

    def forget(self, endpoint: str) -> None:
        """See `chat.mobile.MobilePush`."""
        self._require(self._call("DeleteEndpoint", {"EndpointArn": endpoint}))

    def _call(self, action: str, form: Mapping[str, str]) -> Response:
        body = urlencode({"Action": action, "Version": "2010-03-31", **form}).encode()
        headers = ("Content-Type: application/x-www-form-urlencoded",)
        return self.client.call(Request("sns", self.client.url("sns"), body, headers=headers))

    @staticmethod
    def _require(answer: Response) -> None:
        if not answer.ok:
            raise UnavailableError("The service of the platform does not answer; try again.", retry_after_ms=1_000)


@cache
def mobile() -> SnsMobile:
    """The stage's applications, none where its settings name none."""
    arns = filter(None, (wiring.settings().push_applications or "").split(","))
    return SnsMobile(wiring.client(), {KINDS[arn.split("/")[1]]: arn for arn in arns})


def _attributes(platform: str, alert: Alert, collapse: str) -> dict[str, str]:
    if KINDS[platform] != "apns":
        return {"AWS.SNS.MOBILE.FCM.TTL": str(TTL_S)}
    kind = f"AWS.SNS.MOBILE.{platform}.TTL"
    priority = "10" if alert.urgent else "5"
    return {
        kind: str(TTL_S),
        "AWS.SNS.MOBILE.APNS.PUSH_TYPE": "alert",
        "AWS.SNS.MOBILE.APNS.PRIORITY": priority,
        "AWS.SNS.MOBILE.APNS.COLLAPSE_ID": collapse,
    }


def _of_apple(alert: Alert) -> dict[str, object]:
    shown = {"alert": {"title": alert.title, "body": alert.body}, "thread-id": alert.room}
    return {"aps": shown, "room": alert.room, "seq": alert.seq}


def _of_google(alert: Alert, collapse: str) -> dict[str, object]:
    priority = "high" if alert.urgent else "normal"
    message = {
        "notification": {"title": alert.title, "body": alert.body},
        "data": {"room": alert.room, "seq": str(alert.seq)},
        "android": {"collapse_key": collapse, "priority": priority, "notification": {"tag": collapse}},
    }
    return {"fcmV1Message": {"message": message}}
