"""What is watched of a stage, as data: metrics, dashboards, alarms, objectives, saved queries.

CDK makes resources of it (`cdk/stacks/observability.py`), `docs/how-to/monitor.md` is written from it
(`python -m cdk.signals`), and tests go through it one by one. It imports neither CDK nor AWS, so that a console can
read it, too.
"""
