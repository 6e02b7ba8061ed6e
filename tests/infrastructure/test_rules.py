"""The rules of others: CloudFormation's own schema, and AWS Solutions through cdk-nag."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from cdk.app import build
from cdk.checks import add_checks
from cdk.config import ROOT
from layers.build import HOST
from tests.infrastructure.assembly import DEV, PROD, Assembly, command_line_context


def test_templates_are_as_cloudformation_describes_them(dev: Assembly, prod: Assembly) -> None:
    """Those that it is given: what stage local is made from goes to the emulator only, where it is deployed."""
    templates = [str(path) for found in (dev, prod) for path in sorted(found.outdir.glob("*.template.json"))]
    program = Path(sys.executable).parent / "cfn-lint"
    command = [str(program), "--config-file", "cdk/cfnlint.yaml", "--non-zero-exit-code", "warning"]
    done = subprocess.run([*command, "--", *templates], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


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
