"""What a deployed function is told about its stage: the only reader of the environment.

The CDK application writes a function's environment through `Settings.to_env`, the function reads it through
`Settings.from_env`, so a name can't drift between the two. Nothing here imports AWS or the rest of the domain.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

PREFIX = "CHAT_"


class SettingsError(Exception):
    """A setting that this function needs is missing or malformed: a deployment fault, never a user's."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A function gets the settings it uses; the others are None and `need` refuses to hand them out.

    Values are strings as CloudFormation resolves them (tokens at synth time). Each field's variable is its name in
    capitals behind `CHAT_`.
    """

    stage: str
    regions: str | None = None
    """Regions of the stage in their order, with commas, the first home unless another has taken over; None for one."""
    rooms_table: str | None = None
    messages_table: str | None = None
    connections_table: str | None = None
    connections_url: str | None = None
    """Where frames are posted: the blue stage's `@connections` base, without a trailing slash."""
    websocket_url: str | None = None
    """Where clients open sockets of the blue stage: `wss://…/stage`."""
    delivery_queue_url: str | None = None
    notices_queue_url: str | None = None
    """Where what is told of presence and receipts waits."""
    jobs_queue_url: str | None = None
    """Where slices of jobs on users' own data wait."""
    events_topic_arn: str | None = None
    cache_url: str | None = None
    """`rediss://` and where the tier is that function instances share; None where each has its own memory only."""
    cache_queue_url: str | None = None
    """Where what is to be declared stale in the cache, or to be brought into it, waits."""
    media_bucket: str | None = None
    session_secret_arn: str | None = None
    """Secrets Manager secret that signs sessions of the built-in issuer and of wallets; None where there are none."""
    wallet_chains: str | None = None
    """Chain ids (EIP-155), with commas, that a wallet's message may name; None where wallets may not sign in."""
    site_url_parameter: str | None = None
    """Parameter Store's name of the page's address, which is known only once everything is deployed."""
    distribution_parameter: str | None = None
    """As `site_url_parameter`, of the id of the distribution that serves media."""
    purge_paths_per_day: str | None = None
    """Paths that caches may be told to forget in a day (UTC): a whole number from 1."""
    edge_log_bucket: str | None = None
    """Where CloudFront leaves its logs."""
    fanout: str | None = None
    """Thresholds of delivery that are not the defaults, as `chat.planning.Thresholds.parse` takes them."""
    scaled_functions: str | None = None
    """Functions whose concurrency operators may change, as `chat.aws.function_scaling.render` writes them."""
    stacks: str | None = None
    """The names of the stage's stacks, with commas between them."""
    user_rate_per_s: str | None = None
    """Commands a second that a user may send for long, and how many at once: whole numbers from 1."""
    user_burst: str | None = None
    sockets: str | None = None
    """How many sockets the stage is to hold: a whole number; None where nobody has said so."""
    sockets_opened_per_s: str | None = None
    """New connections a second that the account takes, where `sockets` is set."""
    blocked_words: str | None = None
    """Words that no room takes, folded (`chat.words`), with spaces between them; None for none."""
    moderation_hook: str | None = None
    """An `https://` URL or a Lambda function's ARN that is asked about each text; None where there is no hook."""
    moderation_deadline_ms: str | None = None
    moderation_failure: str | None = None
    """What becomes of a text without a verdict in time: `open` takes it, `closed` refuses it."""
    moderation_secret_arn: str | None = None
    """Secrets Manager secret that requests to an HTTP hook are signed with."""
    media_scan: str | None = None
    """As `moderation_hook`, asked about each image; None where images are looked at by nobody."""
    media_scan_deadline_ms: str | None = None
    media_scan_failure: str | None = None
    """What becomes of an image without a verdict in time: `open` takes it, `closed` refuses it."""
    media_scan_secret_arn: str | None = None
    """As `moderation_secret_arn`."""
    video_max_s: str | None = None
    """How long a video may be, in seconds: a whole number."""
    uploads_per_day: str | None = None
    """Permissions to upload that a user gets a day (UTC), and for how many megabytes: whole numbers from 1."""
    upload_mb_per_day: str | None = None
    upload_max_mb: str | None = None
    """Kinds of files of which the stage takes less than it could, in MiB (`chat.media_kinds.parse_limits`)."""
    media_key_secret_arn: str | None = None
    """Secrets Manager secret of the key pair that access to media is signed with."""
    media_key_pair_id: str | None = None
    """CloudFront's id of that pair's public key."""
    outbound_secret_arn: str | None = None
    """Secrets Manager secret that what leaves the stage is signed with: webhooks, and push messages' sender."""
    outbound_private: str | None = None
    """`allowed` where webhooks and push services may be on this machine, and without TLS: in stage local only."""
    webhooks_queue_url: str | None = None
    """Where deliveries to webhooks wait."""
    webhook_disable_days: str | None = None
    """How long a webhook may fail without anything being taken before nothing more is sent to it: a whole number."""
    push_queue_url: str | None = None
    """Where what users are to be told later waits."""
    push_applications: str | None = None
    """SNS platform applications of telephones, with commas: ARNs; None where only browsers are told."""
    push_hide_text: str | None = None
    """`yes` where push messages do not have what was said."""
    push_contact: str | None = None
    """`mailto:` or `https:` that push services are told of; None for none."""
    rehearsed_versions: str | None = None
    """Versions that a deployment brings, with commas: NAME=ARN, qualified."""
    addresses: str | None = None
    """Origins, with commas, at which the stage may be asked besides that of its page; None for none."""
    oidc_issuer: str | None = None
    oidc_audience: str | None = None
    capacity: str | None = None
    """What waits before it is needed, and the alarms that raise it, as JSON (`chat.aws.capacity.Kept`)."""
    poller_plan_parameter: str | None = None
    """As `site_url_parameter`, of the plan of pollers that a forecast asked for."""
    cache_upkeep: str | None = None
    """The function that can reach the shared cache, which is asked how that is; None where there is no cache."""
    quotas: str | None = None
    """Quotas whose use is looked ahead, and what counts it, as JSON (`chat.aws.quota_usage.Quota`)."""
    discarded_letters: str | None = None
    """Bucket and prefix, with a slash between them, of dead letters that operators gave up."""
    measured_percent: str | None = None
    """Pages out of a hundred that tell how they fare: a whole number from 0 to 100; None is 0."""
    operators: str | None = None
    """Ids of the users who run the stage, with commas; None where only the claim of a token says so."""

    def to_env(self) -> dict[str, str]:
        """Environment variables for a function; a setting that is None has none."""
        values = {setting.name: getattr(self, setting.name) for setting in fields(self)}
        return {PREFIX + name.upper(): value for name, value in values.items() if value is not None}

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Reads the process environment. Raises `SettingsError` when there is no stage in it."""
        values = {setting.name: environ.get(PREFIX + setting.name.upper()) for setting in fields(cls)}
        if not values["stage"]:
            raise SettingsError(f"{PREFIX}STAGE is not set")
        return cls(**values)  # type: ignore[arg-type]  # every value is str | None, and stage was checked

    def need(self, name: str) -> str:
        """The setting `name`; raises `SettingsError` naming the variable when this function was not given it."""
        value = getattr(self, name)
        if not value:
            raise SettingsError(f"{PREFIX}{name.upper()} is not set")
        return str(value)


def trace_header(environ: Mapping[str, str] = os.environ) -> str | None:
    """X-Ray's name for the invocation at hand, None where it is not traced. The runtime sets another each time."""
    return environ.get("_X_AMZN_TRACE_ID") or None


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Credentials that stand in the environment."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class CredentialsEndpoint:
    """Where the runtime serves credentials instead, to whom it knows by `token` or by what `token_file` holds."""

    url: str
    token: str = field(default="", repr=False)
    token_file: str | None = None


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """What the Lambda runtime itself says: Region and credentials, and an emulator's endpoint where there is one."""

    region: str
    credentials: Keys | CredentialsEndpoint
    endpoint_url: str | None = None
    certificates: str | None = None
    """The file of certificates that TLS trusts, None for the machine's own."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Runtime:
        """Reads the variables that the runtime sets for every function. Raises `SettingsError` naming a missing one."""
        try:
            return cls(
                region=environ["AWS_REGION"],
                credentials=_credentials(environ),
                endpoint_url=environ.get("AWS_ENDPOINT_URL") or None,
                certificates=environ.get("AWS_CA_BUNDLE") or None,
            )
        except KeyError as missing:
            raise SettingsError(f"{missing.args[0]} is not set") from missing


ECS_URL = "http://169.254.170.2"
"""What a relative address of credentials is relative to."""


def _credentials(environ: Mapping[str, str]) -> Keys | CredentialsEndpoint:
    """As AWS' SDKs: keys go before an endpoint for them, a relative address before a full one."""
    path = environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    url = ECS_URL + path if path else environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    if url and "AWS_ACCESS_KEY_ID" not in environ:
        return CredentialsEndpoint(
            url=url,
            token=environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", ""),
            token_file=environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") or None,
        )
    return Keys(
        access_key=environ["AWS_ACCESS_KEY_ID"],
        secret_key=environ["AWS_SECRET_ACCESS_KEY"],
        session_token=environ.get("AWS_SESSION_TOKEN", ""),
    )
