"""The operator: the command's own use cases on the simulated AWS."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from evidence.actors.partner import CLIENT_ID, CLIENT_SECRET, public_pem
from evidence.aws.queues import Queue
from evidence.processes.machine import Machine
from orderbridge.channels.channel import Channel
from orderbridge.values.times import from_iso
from orderbridge_cli.aws import AwsAccess, StackFacts
from orderbridge_cli.operating.mappings import Row
from orderbridge_cli.operating.partners import OperatePartners
from orderbridge_cli.operating.tables.token_keys import SecretTokenKeys
from orderbridge_cli.operating.token_keys import OperateKeys
from orderbridge_cli.platform_calls import probe, probe_seconds
from orderbridge_cli.target import Operations, Target
from orderbridge_cli.wiring import operate_channels, operate_mappings, operate_webhooks

PEPPER = "a pepper of this run"
TOKEN_KEY = "0123456789abcdef0123456789abcdef"


class SimulatedStack(Operations):
    """The ports of the simulated stack."""

    def __init__(self, clients: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        super().__init__(Target("orderbridge", AwsAccess(endpoint_url="http://127.0.0.1:1")))
        outputs = {"TableName": "table", "PepperSecret": "Pepper", "QueueWebhooks": "orderbridge-webhooks"}
        made = SimpleNamespace(
            dynamodb=clients["dynamodb"], sqs=clients["sqs"], secrets_manager=clients["secretsmanager"]
        )
        # What `Operations` would find out by asking CloudFormation.
        vars(self).update(facts=StackFacts("orderbridge", outputs, parameters), operator="an operator", clients=made)


class Operator:
    """What a person does to the stack, by what `orderbridge` does."""

    def __init__(self, clients: Mapping[str, Any], machine: Machine, parameters: Mapping[str, str]) -> None:
        self._machine = machine
        self._stack = SimulatedStack(clients, parameters)
        secrets = clients["secretsmanager"].values
        secrets.update(JwtKeys=json.dumps({"kid": "1", "key": TOKEN_KEY}), Pepper=PEPPER)
        self._clock = machine.true_clock
        self._partners = OperatePartners(
            self._stack.partners, self._stack.channels, self._stack.pepper, self._clock, lambda: CLIENT_SECRET
        )
        self._channels = operate_channels(self._stack)
        self._mappings = operate_mappings(self._stack)
        self._keys = OperateKeys(SecretTokenKeys(clients["secretsmanager"], "JwtKeys"), self._new_key, self._clock)

    def add_channel(self, name: str, platform: str, settings: dict[str, Any], credentials: Mapping[str, Any]) -> None:
        self._channels.add(name, platform, settings, credentials)

    def add_partner(self, channels: Sequence[str]) -> None:
        self._partners.add(CLIENT_ID, "A partner", public_pem(), channels)

    def add_webhook(self, url: str) -> str:
        """Its secret."""
        return operate_webhooks(self._stack).add(CLIENT_ID, url).secret

    def import_mappings(self, channel: str, rows: Iterable[tuple[str, str, Any]]) -> None:
        written = [
            Row(line, kind, key, value if isinstance(value, str) else json.dumps(value))
            for line, (kind, key, value) in enumerate(rows, 2)
        ]
        self._mappings.import_values(channel, written, lambda _kind, _value: None, lambda _words: None)

    def import_routes(self, routes: Mapping[str, str]) -> None:
        """By site the channels, parted by commas."""
        written = [Row(line, "route", site, channels) for line, (site, channels) in enumerate(routes.items(), 2)]
        self._mappings.import_routes(CLIENT_ID, written, lambda _words: None)

    def store_credentials(self, channel: str, credentials: Mapping[str, Any]) -> None:
        """As `channels add` does with a channel that is there."""
        found = self._stack.channels.find_named(channel)
        assert found is not None
        self._channels.add(channel, found.platform, dict(found.settings), credentials)
        for _ in self._channels.let_go(channel):
            pass

    def pause(self, channel: str) -> None:
        self._channels.pause(channel, "paused by an operator")

    def resume(self, channel: str) -> None:
        """As `channels resume` does."""
        stack = self._stack
        found = stack.channels.find_named(channel)
        assert found is not None
        resumed = self._channels.resume(channel, lambda each: probe(stack, each), probe_seconds(stack, found))
        if resumed.may_let_go:
            for _ in self._channels.let_go(channel):
                pass

    def resume_paused(self, after: timedelta) -> None:
        """Resume, each in a worker of its own, the channels that have been paused for so long."""
        for channel in self.channels():
            if channel.state == "paused" and channel.since and self._clock() - from_iso(channel.since) > after:
                self._machine.start("operator", lambda name=channel.name: self.resume(name))  # type: ignore[misc]

    def channels(self) -> Sequence[Channel]:
        return self._stack.channels.list_channels()

    def redrive(self, queues: Mapping[str, Queue], times: int = 1) -> int:
        """Send all dead letters of forwards back into their queues, so many times; how many there were."""
        found = 0
        for queue in list(queues.values()):
            if queue.dead_letters is None or "stream" in queue.name:
                continue
            while (letter := queue.dead_letters.receive(self._machine.now)) is not None:
                letter.is_deleted = True
                found += 1
                for _ in range(times):
                    queue.send(letter.body, self._machine.now)
        return found

    def rotate_token_keys(self, *, compromised: bool = False) -> None:
        (self._keys.replace_compromised if compromised else self._keys.rotate)()

    def rotate_secret(self) -> str:
        """The partner's new secret."""
        return self._partners.rotate_secret(CLIENT_ID).client_secret

    def add_key(self, number: int) -> str:
        """The kid of a further key of the partner."""
        return self._partners.add_key(CLIENT_ID, public_pem(number))[0].kid

    def kids(self) -> list[str]:
        """The keys of the partner."""
        return [each.kid for each in self._partners.read(CLIENT_ID).keys]

    def revoke_key(self, kid: str) -> None:
        self._partners.revoke_key(CLIENT_ID, kid)

    def _new_key(self) -> str:
        return f"{self._machine.draw.getrandbits(256):064x}"
