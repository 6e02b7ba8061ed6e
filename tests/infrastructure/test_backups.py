"""What is kept beside the tables: which, for how long, who may remove it, and that somebody sees whether it returns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cdk.config import Backups, ConfigError
from tests.infrastructure.assembly import DEV, PROD, Assembly, synthesize

COPIES = "arn:aws:backup:eu-central-1:210987654321:backup-vault:copies"
OF_BACKUPS = ("Backup::BackupVault", "Backup::BackupPlan", "Backup::BackupSelection", "Backup::RestoreTestingPlan")


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory, site_files: Path) -> Assembly:
    """Prod with a lock that nobody opens, and copies elsewhere."""
    context = {**PROD, "backup_lock": "compliance", "backup_copy_to": COPIES}
    return synthesize(context, tmp_path_factory.mktemp("copied"), site_files)


@pytest.fixture(scope="module")
def asked_for(tmp_path_factory: pytest.TempPathFactory, site_files: Path) -> Assembly:
    """Dev with backups, which it has not by itself."""
    return synthesize({**DEV, "backups": "on"}, tmp_path_factory.mktemp("asked_for"), site_files)


def rules(assembly: Assembly) -> dict[str, Any]:
    (plan,) = assembly.of_type("Backup::BackupPlan")
    return {rule["RuleName"]: rule for rule in plan["BackupPlan"]["BackupPlanRule"]}


def test_only_a_stage_that_asks_for_it_has_backups(local: Assembly, dev: Assembly, asked_for: Assembly) -> None:
    for assembly in (local, dev):
        assert assembly.of_type(*OF_BACKUPS) == []
    assert len(asked_for.of_type(*OF_BACKUPS)) == len(OF_BACKUPS)


def test_rooms_and_messages_are_backed_up_and_sockets_are_not(prod: Assembly) -> None:
    (selection,) = prod.of_type("Backup::BackupSelection")
    kept = {prod.behind(selection.stack, arn) for arn in selection["BackupSelection"]["Resources"]}
    assert kept == {prod.named_output("RoomsTableName"), prod.named_output("MessagesTableName")}


def test_each_day_one_is_taken_and_some_stay_for_a_year(prod: Assembly) -> None:
    found = rules(prod)
    kept = {name: rule["Lifecycle"]["DeleteAfterDays"] for name, rule in found.items()}
    assert kept == {"daily": 35, "weekly": 98, "monthly": 395}
    assert {name: rule["ScheduleExpression"] for name, rule in found.items()} == {
        "daily": "cron(0 3 * * ? *)",
        "weekly": "cron(0 5 ? * SUN *)",
        "monthly": "cron(0 7 1 * ? *)",
    }
    assert found["monthly"]["Lifecycle"]["MoveToColdStorageAfterDays"] == 30
    assert not any("CopyActions" in rule for rule in found.values())


def test_copies_go_to_the_vault_that_the_context_names_for_as_long(copied: Assembly) -> None:
    for rule in rules(copied).values():
        (copy,) = rule["CopyActions"]
        assert (copy["DestinationBackupVaultArn"], copy["Lifecycle"]) == (COPIES, rule["Lifecycle"])


def test_a_vault_has_a_key_of_its_own_and_a_lock_as_strong_as_was_asked_for(
    prod: Assembly, copied: Assembly, asked_for: Assembly
) -> None:
    locks = {}
    for assembly in (prod, copied, asked_for):
        (vault,) = assembly.of_type("Backup::BackupVault")
        key = assembly.behind(vault.stack, vault["EncryptionKeyArn"])
        assert key
        assert key["EnableKeyRotation"] is True
        locks[assembly] = vault.properties.get("LockConfiguration")
    assert locks[prod] == {"MinRetentionDays": 35, "MaxRetentionDays": 395}
    assert locks[copied] == {"MinRetentionDays": 35, "MaxRetentionDays": 395, "ChangeableForDays": 3}
    assert locks[asked_for] is None


def test_in_prod_nobody_removes_a_backup_and_nothing_goes_with_its_stack(prod: Assembly) -> None:
    (vault,) = prod.of_type("Backup::BackupVault")
    (denied,) = vault["AccessPolicy"]["Statement"]
    assert (denied["Effect"], denied["Principal"]) == ("Deny", {"AWS": "*"})
    assert "backup:DeleteRecoveryPoint" in denied["Action"]
    kept = [*prod.of_type("Backup::BackupVault", "KMS::Key"), prod.named_output("ExportsBucketName")]
    assert {resource.body["DeletionPolicy"] for resource in kept if resource.stack == "backups"} == {"Retain"}


def test_each_week_the_newest_backups_are_restored(prod: Assembly) -> None:
    (plan,) = prod.of_type("Backup::RestoreTestingPlan")
    (selection,) = prod.of_type("Backup::RestoreTestingSelection")
    (vault,) = prod.of_type("Backup::BackupVault")
    (tested,) = plan["RecoveryPointSelection"]["IncludeVaults"]
    assert prod.behind(plan.stack, tested) == vault
    assert plan["ScheduleExpression"] == "cron(0 12 ? * MON *)"
    assert selection["RestoreTestingPlanName"] == plan["RestoreTestingPlanName"] == "chat_prod"
    assert len(selection["ProtectedResourceArns"]) == 2


def test_roles_of_backups_are_aws_backups_own(prod: Assembly) -> None:
    policies = {
        str(role["ManagedPolicyArns"]).rpartition("/")[2].rstrip("\"']}")
        for role in prod.of_type("IAM::Role")
        if role.stack == "backups"
    }
    assert policies == {"AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"}


def test_exports_are_gone_after_as_long_as_point_in_time_recovery_reaches(prod: Assembly) -> None:
    (rule,) = prod.named_output("ExportsBucketName")["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 35)


@pytest.mark.parametrize(
    "mistake",
    [
        {"daily_kept_days": 0},
        {"weekly_kept_days": 7},
        {"monthly_kept_days": 90},
        {"cold_after_days": 306},
        {"copy_to": "arn:aws:backup:eu-central-1:1:plan:x"},
    ],
    ids=str,
)
def test_a_plan_that_aws_would_refuse_is_refused_before(mistake: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Backups(**mistake)
