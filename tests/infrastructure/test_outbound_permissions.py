"""What webhooks and push messages do is what their functions' roles allow: the emulator enforces no roles."""

from __future__ import annotations

from chat.outbound import OutboundAnswer
from chat.webhooks import registration, replay
from chat.webhooks.replay import Range
from simulation.outbound import MemoryOutbound
from tests.infrastructure.test_permissions import CONNECTIONS, MESSAGES, ROOMS
from tests.infrastructure.test_permissions_suffice import allowed, used
from tests.unit.push_stage import PushStage, person
from tests.unit.test_webhooks import said
from tests.unit.webhook_stage import WebhookStage, posted


def test_webhooks_are_kept_routed_and_sent_within_the_roles_of_their_functions() -> None:
    outbound = MemoryOutbound()
    stage = WebhookStage(outbound)
    said(stage, 3)
    rooms, messages = stage.world.rooms_table, stage.world.messages_table
    messages.update(("c#lunch", 0), add={"seq": 1})
    stage.world.clock.pass_ms(3_600_000)
    for table in (rooms, messages):
        table.actions.clear()

    made = registration.look(stage.registry, stage.register("https://one.example/")["id"])
    registration.rotate(stage.registry, "operator", made)
    registration.enable(stage.registry, "operator", made)
    replay.replay(stage.registry, "operator", made, Range("lunch", 1, 4))
    registration.remove(stage.registry, "operator", stage.register("https://two.example/")["id"])
    assert used(rooms) <= allowed("ops.webhook_settings", ROOMS)
    assert used(messages) <= allowed("ops.webhook_settings", MESSAGES)

    rooms.actions.clear()
    stage.dispatch.endpoints.forget()
    stage.tell(posted(1))
    assert used(rooms) == allowed("message.webhooks", ROOMS)

    outbound.answers["https://one.example/"] = OutboundAnswer(500)
    stage.let_pass(200)
    assert used(rooms) == allowed("message.webhook_deliveries", ROOMS)


def test_users_are_told_and_their_devices_kept_within_the_roles_of_their_functions() -> None:
    outbound = MemoryOutbound()
    stage = PushStage(outbound)
    stage.room("ada", "grace")
    rooms, connections = stage.world.rooms_table, stage.world.connections_table
    for table in (rooms, connections):
        table.actions.clear()
    browser = stage.device("grace", "https://push.example/1")
    telephone = stage.telephone("grace", "t1")
    stage.wish("grace", "all")
    stage.desk.mobile.forget("")
    stage.book.remove(person("grace").user, telephone)
    assert used(rooms) <= allowed("connect.push_subscriptions", ROOMS)
    assert used(connections) == set()

    stage.device("grace", "https://push.example/2", browser)
    outbound.answers["https://push.example/2"] = OutboundAnswer(410)
    events = [stage.say("ada", "@grace one"), stage.say("ada", "two")]
    for table in (rooms, connections):
        table.actions.clear()
    assert stage.tell(*events) == [True, True]
    stage.let_pass(120)
    assert used(rooms) <= allowed("message.push", ROOMS)
    assert {"dynamodb:UpdateItem", "dynamodb:DeleteItem"} <= used(rooms)
    assert used(connections) == allowed("message.push", CONNECTIONS)
