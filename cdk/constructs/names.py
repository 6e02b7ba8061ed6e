"""Names by which operators' commands find what was deployed. Imports no CDK."""

from __future__ import annotations


def application_name(stage: str) -> str:
    """The stage's application in CodeDeploy. Its deployment groups are called as functions are: GROUP.MODULE."""
    return f"chat-{stage}"
