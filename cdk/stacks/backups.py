"""What is kept beside the tables, so that no mistake in them is the end: backups that nobody removes before their time.

AWS Backup takes rooms and messages each day, keeps some of them for a year, and restores the newest each week to see
that it can. Sockets don't outlive a restore and are left out. So are images: their bucket has no versions, because what
a user has erased must be gone (docs/decisions/0026-backups-and-their-return.md).
"""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_backup as backup
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.config import Backups, StageConfig
from cdk.constructs.access_logs import access_log_bucket
from cdk.constructs.permissions import acknowledge
from cdk.stacks.data import DataStack

START_WITHIN_HOURS, DONE_WITHIN_HOURS = 2, 12
"""A job that has not begun or ended by then counts as expired, which is an alarm."""

LOCK_SETTLES_DAYS = 3
"""How long a compliance lock can still be taken back: AWS Backup's least."""

RESTORE_TESTED_HOURS = 4
"""How long a restored table stays, so that somebody can look into it."""


class BackupsStack(cdk.Stack):
    """A vault, the plan that fills it, the test that empties it into new tables, and a bucket for exports."""

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, backups: Backups, data: DataStack
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=construct_id,
            description=f"Chat {config.name}: backups of what must survive",
            termination_protection=config.keep_data,
        )
        self._config = config
        self._removal = cdk.RemovalPolicy.RETAIN if config.keep_data else cdk.RemovalPolicy.DESTROY
        tables: list[dynamodb.ITableV2] = [data.rooms, data.messages]
        self.vault = self._vault(backups)
        self._plan(backups, tables)
        self._restore_test(tables)
        self.exports = self._exports_bucket(backups)
        cdk.CfnOutput(self, "BackupVaultName", value=self.vault.backup_vault_name)
        cdk.CfnOutput(self, "ExportsBucketName", value=self.exports.bucket_name)

    def _vault(self, backups: Backups) -> backup.BackupVault:
        key = kms.Key(
            self,
            "Key",
            description=f"Chat {self._config.name}: backups",
            enable_key_rotation=True,
            removal_policy=self._removal,
        )
        return backup.BackupVault(
            self,
            "Vault",
            backup_vault_name=f"chat-{self._config.name}",
            encryption_key=key,
            lock_configuration=_lock(backups),
            block_recovery_point_deletion=backups.lock != "off",
            removal_policy=self._removal,
        )

    def _plan(self, backups: Backups, tables: Sequence[dynamodb.ITableV2]) -> None:
        plan = backup.BackupPlan(
            self,
            "Plan",
            backup_plan_name=f"chat-{self._config.name}",
            backup_vault=self.vault,
            backup_plan_rules=[
                self._rule(backups, "daily", backups.daily_kept_days, hour="3"),
                self._rule(backups, "weekly", backups.weekly_kept_days, hour="5", week_day="SUN"),
                self._rule(
                    backups, "monthly", backups.monthly_kept_days, hour="7", day="1", cold_after=backups.cold_after_days
                ),
            ],
        )
        plan.add_selection(
            "Tables",
            backup_selection_name="tables",
            resources=[backup.BackupResource.from_arn(table.table_arn) for table in tables],
            role=self._role("BackupRole", "AWSBackupServiceRolePolicyForBackup"),
            disable_default_backup_policy=True,
        )

    def _rule(
        self,
        backups: Backups,
        name: str,
        kept_days: int,
        *,
        hour: str,
        day: str | None = None,
        week_day: str | None = None,
        cold_after: int | None = None,
    ) -> backup.BackupPlanRule:
        kept = cdk.Duration.days(kept_days)
        cold = cdk.Duration.days(cold_after) if cold_after is not None else None
        copies = []
        if backups.copy_to:
            other = backup.BackupVault.from_backup_vault_arn(self, f"Copies-{name}", backups.copy_to)
            copies = [
                backup.BackupPlanCopyActionProps(
                    destination_backup_vault=other, delete_after=kept, move_to_cold_storage_after=cold
                )
            ]
        return backup.BackupPlanRule(
            rule_name=name,
            schedule_expression=events.Schedule.cron(minute="0", hour=hour, day=day, week_day=week_day),
            start_window=cdk.Duration.hours(START_WITHIN_HOURS),
            completion_window=cdk.Duration.hours(DONE_WITHIN_HOURS),
            delete_after=kept,
            move_to_cold_storage_after=cold,
            copy_actions=copies or None,
        )

    def _restore_test(self, tables: Sequence[dynamodb.ITableV2]) -> None:
        """Each week the newest backup of each table becomes a table of its own, which AWS Backup removes afterwards."""
        name = f"chat_{self._config.name}"
        plan = backup.CfnRestoreTestingPlan(
            self,
            "RestoreTest",
            restore_testing_plan_name=name,
            schedule_expression="cron(0 12 ? * MON *)",
            start_window_hours=START_WITHIN_HOURS,
            recovery_point_selection=backup.CfnRestoreTestingPlan.RestoreTestingRecoveryPointSelectionProperty(
                algorithm="LATEST_WITHIN_WINDOW",
                include_vaults=[self.vault.backup_vault_arn],
                recovery_point_types=["SNAPSHOT"],
                selection_window_days=7,
            ),
        )
        selection = backup.CfnRestoreTestingSelection(
            self,
            "RestoreTestTables",
            restore_testing_plan_name=name,
            restore_testing_selection_name="tables",
            protected_resource_type="DynamoDB",
            protected_resource_arns=[table.table_arn for table in tables],
            iam_role_arn=self._role("RestoreRole", "AWSBackupServiceRolePolicyForRestores").role_arn,
            validation_window_hours=RESTORE_TESTED_HOURS,
        )
        selection.add_dependency(plan)

    def _role(self, construct_id: str, policy: str) -> iam.Role:
        managed = f"service-role/{policy}"
        role = iam.Role(
            self,
            construct_id,
            assumed_by=iam.ServicePrincipal("backup.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(managed)],
        )
        finding = f"IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{managed}]"
        acknowledge(role, finding, "AWS Backup's own policy: what it needs follows its features, which we don't make.")
        return role

    def _exports_bucket(self, backups: Backups) -> s3.Bucket:
        return s3.Bucket(
            self,
            "Exports",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=cdk.Duration.days(backups.exports_kept_days),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
                )
            ],
            server_access_logs_bucket=access_log_bucket(self, "AccessLogs", config=self._config),
            removal_policy=self._removal,
        )


def _lock(backups: Backups) -> backup.LockConfiguration | None:
    """Nothing is removed before the shortest retention is over, nor kept for longer than the longest.

    A compliance lock holds for everybody, the account's root included, once it has settled.
    """
    if backups.lock == "off":
        return None
    return backup.LockConfiguration(
        min_retention=cdk.Duration.days(backups.daily_kept_days),
        max_retention=cdk.Duration.days(backups.monthly_kept_days),
        changeable_for=cdk.Duration.days(LOCK_SETTLES_DAYS) if backups.lock == "compliance" else None,
    )
