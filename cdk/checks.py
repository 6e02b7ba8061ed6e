"""cdk-nag over the whole application: `-c nag=true`. A finding is accepted next to its resource, with the reason."""

from __future__ import annotations

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks


def add_checks(app: cdk.App) -> None:
    """Fails synthesis on every AWS Solutions finding that no resource acknowledges."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
