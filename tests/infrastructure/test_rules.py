"""The rules of others are in force. `make check` holds every stage's templates against them: cdk-nag's AWS Solutions
while they are synthesized, CloudFormation's own schema after it.
"""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from cdk.checks import add_checks
from tests.infrastructure.assembly import command_line_context


def test_a_bucket_that_breaks_the_rules_is_not_synthesized(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), context=command_line_context())
    add_checks(app)
    s3.Bucket(cdk.Stack(app, "stack"), "Open")
    with pytest.raises(RuntimeError, match="AwsSolutions-S10"):
        app.synth()
