"""What AWS charges, by Region. Tiers are those of a month's use; free tiers and savings plans are left out."""

from __future__ import annotations

from dataclasses import dataclass

from operations.facts.sources import FactError, Source, published

MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Price:
    """Dollars for one `unit`; from `tier_from` of them in a month the further ones cost `tier_usd`."""

    key: str
    title: str
    usd: float
    unit: str
    source: Source
    tier_from: float | None = None
    tier_usd: float | None = None

    def of(self, count: float) -> float:
        """Dollars for so many units in a month."""
        if self.tier_from is None or self.tier_usd is None or count <= self.tier_from:
            return count * self.usd
        return self.tier_from * self.usd + (count - self.tier_from) * self.tier_usd

    def average(self, count: float) -> float:
        """Dollars for each of so many units in a month."""
        return self.of(count) / count if count else self.usd


def _price(key: str, title: str, usd: float, unit: str, page: str) -> Price:
    return Price(key=key, title=title, usd=usd, unit=unit, source=published(f"aws.amazon.com/{page}/pricing/"))


def _per_million(key: str, title: str, usd: float, unit: str, page: str) -> Price:
    return _price(key, title, usd / MILLION, unit, page)


_US_EAST_1 = (
    Price(
        key="frames",
        title="WebSocket frames",
        usd=1.00 / MILLION,
        unit="frame of 32 KB",
        source=published("aws.amazon.com/api-gateway/pricing/"),
        tier_from=1_000 * MILLION,
        tier_usd=0.80 / MILLION,
    ),
    _per_million("connection_minutes", "open connections", 0.25, "minute", "api-gateway"),
    _per_million("lambda_gb_s", "Lambda on arm64, running", 13.33, "GB-s", "lambda"),
    _per_million("lambda_requests", "Lambda, invoked", 0.20, "invocation", "lambda"),
    _per_million("provisioned_gb_s", "Lambda on arm64, provisioned and waiting", 3.3334, "GB-s", "lambda"),
    # The price list has a unit of twenty such pollers at $0.185 an hour.
    _price("poller_hours", "Lambda, a poller of a queue that is provisioned", 0.00925, "hour", "lambda"),
    _per_million("write_units", "DynamoDB on demand, written", 0.625, "write unit", "dynamodb"),
    _per_million("read_units", "DynamoDB on demand, read", 0.125, "read unit", "dynamodb"),
    _per_million("sqs", "SQS standard", 0.40, "call", "sqs"),
    _per_million("sqs_fifo", "SQS FIFO", 0.50, "call", "sqs"),
    _per_million("sns", "SNS", 0.50, "publish", "sns"),
    _price("valkey_gb_hours", "Valkey Serverless, stored", 0.084, "GB-h", "elasticache"),
    _per_million("valkey_units", "Valkey Serverless, used", 0.0023, "unit", "elasticache"),
    _per_million("transitions", "Step Functions Standard", 25.00, "transition", "step-functions"),
    _per_million("objects", "S3 Standard, stored", 5.00, "PUT", "s3"),
    _per_million("eventbridge", "EventBridge", 1.00, "event", "eventbridge"),
    _price("cloudfront_gb", "CloudFront, delivered", 0.085, "GB", "cloudfront"),
    _price("waf_acl", "WAF", 5.00, "ACL and month", "waf"),
    _price("waf_rule", "WAF rules", 1.00, "rule and month", "waf"),
    _price("egress_gb", "sent to the internet", 0.09, "GB", "ec2/on-demand"),
)

PRICES: dict[str, dict[str, Price]] = {"us-east-1": {price.key: price for price in _US_EAST_1}}


def prices_of(region: str) -> dict[str, Price]:
    """Raises `FactError` for a Region whose prices are not in the table: no other's stand in for them."""
    try:
        return PRICES[region]
    except KeyError:
        raise FactError(f"There are no prices of Region {region} here; there are of: {', '.join(PRICES)}.") from None
