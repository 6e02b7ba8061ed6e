"""The cache that functions share: who reaches it, by which way they reach all else, and what stages without it have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.infrastructure.assembly import DEV, PROD, Assembly, Resource, synthesize
from tests.infrastructure.test_permissions import CONNECT, NOT_IN_DEV

IN_THE_NETWORK = {"message.command", "ops.cache_invalidation"}
HOOK = "https://hook.example.com:8443/judge"


@pytest.fixture(scope="module")
def hooked(tmp_path_factory: pytest.TempPathFactory, site_files: Path) -> Assembly:
    """Prod with a moderation hook that is somewhere in the Internet."""
    return synthesize({**PROD, "moderation_hook": HOOK}, tmp_path_factory.mktemp("hooked"), site_files)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, site_files: Path) -> Assembly:
    """Prod with a moderation hook that is a function."""
    target = "arn:aws:lambda:eu-west-1:111122223333:function:judge"
    return synthesize({**PROD, "moderation_hook": target}, tmp_path_factory.mktemp("asked"), site_files)


def networks(assembly: Assembly) -> list[Resource]:
    kinds = ("EC2::VPC", "EC2::Subnet", "EC2::NatGateway", "EC2::VPCEndpoint", "ElastiCache::ServerlessCache")
    return list(assembly.of_type(*kinds))


def group_of(assembly: Assembly, name: str) -> Resource:
    (found,) = [group for group in assembly.of_type("EC2::SecurityGroup") if assembly.label(group) == f"cache/{name}"]
    return found


def behind(assembly: Assembly, resource: Resource, name: str) -> str:
    found = assembly.behind(resource.stack, resource[name])
    assert found, name
    return assembly.label(found)


def test_stages_without_a_cache_of_their_own_have_no_network(local: Assembly, dev: Assembly) -> None:
    for assembly in (local, dev):
        assert networks(assembly) == []
        assert not [found for found in assembly.functions().values() if "VpcConfig" in found.properties]
        (api,) = [found for found in assembly.of_type("ApiGatewayV2::Api") if found["ProtocolType"] == "WEBSOCKET"]
        assert "IpAddressType" not in api.properties


def test_a_stage_without_a_cache_has_nothing_that_looks_after_one(dev: Assembly) -> None:
    assert not NOT_IN_DEV & set(dev.functions())
    assert not [found for found in dev.functions().values() if "CACHE" in json.dumps(found["Environment"])]


def test_the_context_switches_a_cache_on_and_off(tmp_path: Path, site_files: Path) -> None:
    assert networks(synthesize({**DEV, "cache": "on"}, tmp_path / "on", site_files)) != []
    assert networks(synthesize({**PROD, "cache": "off"}, tmp_path / "off", site_files)) == []


def test_stage_local_has_the_server_that_it_is_told_of(local: Assembly) -> None:
    for handler in IN_THE_NETWORK:
        assert local.functions()[handler]["Environment"]["Variables"]["CHAT_CACHE_URL"] == "redis://127.0.0.1:6380"


def test_the_cache_is_valkey_with_tls_in_two_zones_bounded_and_without_copies(prod: Assembly) -> None:
    (cache,) = prod.of_type("ElastiCache::ServerlessCache")
    assert (cache["Engine"], cache["SnapshotRetentionLimit"], len(cache["SubnetIds"])) == ("valkey", 0, 2)
    assert cache["CacheUsageLimits"] == {
        "DataStorage": {"Maximum": 5, "Unit": "GB"},
        "ECPUPerSecond": {"Maximum": 50_000},
    }
    command = prod.functions()["message.command"]
    assert prod.text("service", command["Environment"]["Variables"]["CHAT_CACHE_URL"]).startswith("rediss://")


def test_only_functions_that_use_the_cache_are_in_its_network_and_all_of_them_are(prod: Assembly) -> None:
    inside = {handler for handler, found in prod.functions().items() if "VpcConfig" in found.properties}
    told = {
        handler for handler, found in prod.functions().items() if "CHAT_CACHE_URL" in found["Environment"]["Variables"]
    }
    assert inside == told == IN_THE_NETWORK
    for handler in inside:
        config = prod.functions()[handler]["VpcConfig"]
        assert config["Ipv6AllowedForDualStack"] is True
        assert len(config["SubnetIds"]) == 2
        (group,) = config["SecurityGroupIds"]
        assert prod.behind("service", group) == group_of(prod, "Network/Functions")


def test_nobody_but_those_functions_opens_a_connection_to_the_cache(prod: Assembly) -> None:
    cache, functions = group_of(prod, "Cache/Group"), group_of(prod, "Network/Functions")
    (held,) = prod.of_type("ElastiCache::ServerlessCache")
    (group,) = held["SecurityGroupIds"]
    assert prod.behind("cache", group) == cache
    let_in = [
        (behind(prod, rule, "GroupId"), behind(prod, rule, "SourceSecurityGroupId"), rule["FromPort"], rule["ToPort"])
        for rule in prod.of_type("EC2::SecurityGroupIngress")
    ]
    inside = prod.label(functions)
    assert sorted(let_in) == [
        (prod.label(cache), inside, 6379, 6379),
        ("cache/Network/SqsGroup", inside, 443, 443),
    ]
    for each in prod.of_type("EC2::SecurityGroup"):
        assert "SecurityGroupIngress" not in each.properties


def test_functions_in_the_network_reach_what_they_need_and_nothing_reaches_them(prod: Assembly) -> None:
    egress = group_of(prod, "Network/Functions")["SecurityGroupEgress"]
    assert {(rule.get("CidrIp") or rule["CidrIpv6"], rule["FromPort"], rule["ToPort"]) for rule in egress} == {
        ("0.0.0.0/0", 443, 443),
        ("::/0", 443, 443),
    }
    (to_cache,) = prod.of_type("EC2::SecurityGroupEgress")
    assert (behind(prod, to_cache, "DestinationSecurityGroupId"), to_cache["ToPort"]) == ("cache/Cache/Group", 6379)


def test_tables_and_queues_have_endpoints_and_connections_none_since_they_are_public(prod: Assembly) -> None:
    endpoints = {
        prod.text(found.stack, found["ServiceName"]).rpartition(".")[2]: found
        for found in prod.of_type("EC2::VPCEndpoint")
    }
    assert {name: found["VpcEndpointType"] for name, found in endpoints.items()} == {
        "dynamodb": "Gateway",
        "sqs": "Interface",
    }
    assert endpoints["sqs"]["PrivateDnsEnabled"] is True
    assert len(endpoints["dynamodb"]["RouteTableIds"]) == len(endpoints["sqs"]["SubnetIds"]) == 2


def test_posts_to_connections_go_over_ipv6_without_nat(prod: Assembly) -> None:
    (gateway,) = prod.of_type("EC2::EgressOnlyInternetGateway")
    routes = list(prod.of_type("EC2::Route"))
    assert [route["DestinationIpv6CidrBlock"] for route in routes] == ["::/0", "::/0"]
    for route in routes:
        assert prod.behind(route.stack, route["EgressOnlyInternetGatewayId"]) == gateway
    assert not list(prod.of_type("EC2::NatGateway", "EC2::InternetGateway", "EC2::EIP"))
    (api,) = [found for found in prod.of_type("ApiGatewayV2::Api") if found["ProtocolType"] == "WEBSOCKET"]
    assert api["IpAddressType"] == "dualstack"
    for subnet in prod.of_type("EC2::Subnet"):
        assert subnet["AssignIpv6AddressOnCreation"] is True
        assert subnet["MapPublicIpOnLaunch"] is False


def test_a_hook_in_the_internet_is_reached_by_nat_on_its_own_port(hooked: Assembly) -> None:
    assert len(list(hooked.of_type("EC2::NatGateway"))) == 2
    egress = group_of(hooked, "Network/Functions")["SecurityGroupEgress"]
    assert {rule["ToPort"] for rule in egress if "CidrIp" in rule} == {443, 8443}


def test_a_hook_that_is_a_function_has_an_endpoint(asked: Assembly) -> None:
    services = {asked.text(found.stack, found["ServiceName"]) for found in asked.of_type("EC2::VPCEndpoint")}
    assert {service.rpartition(".")[2] for service in services} == {"dynamodb", "sqs", "lambda"}
    assert not list(asked.of_type("EC2::NatGateway"))


def test_lambda_connects_functions_and_their_code_may_not(prod: Assembly) -> None:
    for handler, found in prod.functions().items():
        connecting = [each for each in prod.statements(prod.role_of(found)) if each.actions == CONNECT]
        if handler not in IN_THE_NETWORK:
            assert connecting == []
            continue
        effects = {each.effect: each for each in connecting}
        assert set(effects) == {"Allow", "Deny"}
        assert "lambda:SourceFunctionArn" in effects["Deny"].conditions
        assert effects["Allow"].conditions == "{}"


def test_a_functions_role_may_connect_it_before_it_is_made(prod: Assembly) -> None:
    for handler in IN_THE_NETWORK:
        function = prod.functions()[handler]
        policies = [name for name in function.body["DependsOn"] if "Connect" in name]
        assert len(policies) == 1


def test_the_end_of_a_deployment_has_the_cache_warmed(prod: Assembly) -> None:
    patterned = [found for found in prod.of_type("Events::Rule") if "EventPattern" in found.properties]
    (rule,) = [found for found in patterned if found["EventPattern"]["source"] == ["aws.cloudformation"]]
    assert rule["EventPattern"]["detail"]["status-details"] == {"status": ["CREATE_COMPLETE", "UPDATE_COMPLETE"]}
    assert rule["EventPattern"]["detail"]["stack-id"] == [{"Ref": "AWS::StackId"}]
    (target,) = rule["Targets"]
    assert json.loads(target["Input"]) == {"event": "WarmingDue"}
    assert prod.label(queue_of(prod, rule, target["Arn"])) == "service/Cache/Queue"


def queue_of(assembly: Assembly, rule: Resource, arn: object) -> Resource:
    found = assembly.behind(rule.stack, arn)
    assert found
    return found


def test_the_audit_of_operators_can_only_be_added_to(prod: Assembly) -> None:
    (statement,) = [
        found
        for found in prod.statements(prod.role_of(prod.functions()["ops.cache"]))
        if '"dynamodb:LeadingKeys": ["audit#*"]' in found.conditions
    ]
    assert statement.actions == {"dynamodb:PutItem", "dynamodb:Query"}


def test_each_stack_stays_below_what_cloudformation_takes(hooked: Assembly, prod: Assembly) -> None:
    for assembly in (hooked, prod):
        assert all(len(template["Resources"]) <= 500 for template in assembly.templates.values())
