"""The rules of others, CDK's own and AWS Solutions through cdk-nag. `make check` holds templates against the latter and
CloudFormation's schema.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from cdk.app import build
from cdk.checks import add_checks
from layers.build import HOST
from tests.infrastructure.assembly import DEV, PROD, command_line_context


@pytest.mark.slow
@pytest.mark.parametrize("context", [DEV, PROD], ids=["dev", "prod"])
def test_every_finding_of_cdk_nag_and_of_cdk_itself_is_accepted_with_a_reason(
    context: Mapping[str, Any], tmp_path: Path, site_files: Path
) -> None:
    checked = {**command_line_context(), "site_files": str(site_files), "nag": "true", **context}
    app = cdk.App(outdir=str(tmp_path), context=checked)
    build(app, layer_target=HOST).synth()
    report = json.loads((tmp_path / "validation-report.json").read_text())
    assert [found["violations"] for found in report["pluginReports"] if found["violations"]] == []


def test_a_bucket_that_breaks_the_rules_is_not_synthesized(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), context=command_line_context())
    add_checks(app)
    s3.Bucket(cdk.Stack(app, "stack"), "Open")
    with pytest.raises(RuntimeError, match="AwsSolutions-S10"):
        app.synth()
