"""What survives: a dark stream, a restart, a killed worker. And what a whole run leaves in the log."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from orderbridge.platforms.names import platform_names
from orderbridge_cli.local.stack import LocalStack
from tests.conformance.facts import facts_of
from tests.e2e.actors import Operator, Partner, Platforms
from tests.e2e.conftest import SEEDS, wait_for
from tests.e2e.receivers import Receiver
from tests.e2e.workers import CAN_BE_FOUND, function_workers, kill

pytestmark = pytest.mark.e2e


class OwnStack:
    """A stack of one test's own, which may be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.operator = Operator(folder)
        self.partners: list[Partner] = []
        self._running: LocalStack | None = None

    def start(self) -> None:
        self._running = LocalStack(
            state_dir=self.folder / ".local" / "state",
            port=0,
            stack_file=self.folder / ".local" / "stack.json",
            live_reload=False,
            sweep_every_s=1.0,
            parameters=SEEDS,
        )
        self._running.start()

    def stop(self) -> None:
        if self._running is not None:
            self._running.stop()
            self._running = None

    @property
    def running(self) -> LocalStack:
        assert self._running is not None
        return self._running

    def client(self, service: str) -> Any:
        description = self.running.description
        return boto3.client(
            service,
            endpoint_url=description.aws_endpoint_url,
            region_name=description.region,
            aws_access_key_id=description.access_key,
            aws_secret_access_key=description.secret_key,
        )

    def partner(self, name: str, **settings: Any) -> Partner:
        description = self.running.description
        platforms = Platforms(description.sandboxes)
        channels = [
            platforms.add_channel(self.operator, platform, f"{name}-{platform}", self.folder, settings, mapped=True)
            for platform in platform_names()
        ]
        partner = self.operator.register(name, channels, self.folder, description.api_url)
        self.partners.append(partner)
        return partner

    def sent(self, codes: list[str]) -> bool:
        listed = self.operator.run("forwards", "list", "--state", "SENT")
        done = [forward["code"] for forward in listed]
        return all(done.count(code) == 3 for code in codes)


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[OwnStack]:
    stack = OwnStack(tmp_path)
    stack.start()
    yield stack
    for partner in stack.partners:
        partner.http.close()
    stack.stop()


def test_with_a_dark_stream_every_accepted_order_still_arrives_once_and_its_partner_hears_of_it(
    own_stack: OwnStack,
) -> None:
    partner = own_stack.partner("dark")
    functions = own_stack.client("lambda")
    streams = [
        mapping
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]
        if ":dynamodb:" in mapping["EventSourceArn"]
    ]
    assert streams
    for mapping in streams:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)

    with Receiver() as receiver:
        webhook = own_stack.operator.run("webhooks", "add", "dark", receiver.url)
        codes = [partner.place(f"PO-DARK-{number}") for number in range(20)]

        wait_for(lambda: own_stack.sent(codes), every=1, what="20 orders by the sweeper alone")
        wait_for(lambda: len(receiver.received) >= 5, what="the partner's system to hear of some")
        heard = [each.verified(webhook["secret"])["data"] for each in list(receiver.received)]
    # DRAFT: one platform has the order and another not yet.
    assert {data["status"] for data in heard} <= {"DRAFT", "SUBMITTED"}
    assert len({(data["code"], data["sequence"]) for data in heard}) == len(heard)
    platforms = Platforms(own_stack.running.description.sandboxes)
    for platform in platform_names():
        assert all(len(platforms.held(platform, code)) == 1 for code in codes)


def test_a_restart_keeps_everything_and_goes_on(own_stack: OwnStack) -> None:
    partner = own_stack.partner("restart")
    before = [partner.place(f"PO-BEFORE-{number}") for number in range(5)]
    # Stopped with orders on their way: some are sent, some are queued.
    own_stack.stop()

    own_stack.start()

    partner.api_url = own_stack.running.description.api_url
    assert own_stack.operator.run("partners", "show", "restart")["state"] == "active"
    after = [partner.place(f"PO-AFTER-{number}") for number in range(20)]
    wait_for(lambda: own_stack.sent(before + after), every=1, what="all 25 orders")
    assert len(set(before + after)) == 25


@pytest.mark.skipif(not CAN_BE_FOUND, reason="finds the workers in /proc")
def test_workers_killed_in_the_middle_of_an_attempt_lose_nothing_and_double_nothing(own_stack: OwnStack) -> None:
    partner = own_stack.partner("killed", timeout_s=25)
    platforms = Platforms(own_stack.running.description.sandboxes)
    for platform in platform_names():
        # The platform stores the order at once and answers so late that the worker dies waiting.
        path = facts_of(platform).create.path
        platforms.strike(platform, kind="delay", method="POST", path=path, seconds=24, when="after", count=1)

    code = partner.place("PO-KILLED")
    alive = set(platform_names())

    def all_killed() -> bool:
        # Each as soon as its own attempt is on its way: on a slow machine they are not at it at the same time.
        for platform in alive.intersection(attempts_begun(own_stack, platforms, code)):
            assert kill_forwarders(own_stack, platform) >= 1
            alive.discard(platform)
        return not alive

    wait_for(all_killed, what="the workers of all three attempts to be killed")

    wait_for(
        lambda: own_stack.operator.states(code)
        == {"killed-salesmania": "IN_DOUBT", "killed-sirclo": "SENT", "killed-ngorder": "SENT"},
        every=2, what="every forward to be settled",
    )  # fmt: skip
    for platform in platform_names():
        assert len(platforms.held(platform, code)) == 1, platform
    assert all(forward["attempts"] == 1 for forward in own_stack.operator.order(code)["forwards"])


def attempts_begun(stack: OwnStack, platforms: Platforms, code: str) -> list[str]:
    """The platforms that hold the order while its forward is still SENDING."""
    sending = [f["platform"] for f in stack.operator.order(code)["forwards"] if f["state"] == "SENDING"]
    return [platform for platform in sending if platforms.held(platform, code)]


def kill_forwarders(stack: OwnStack, platform: str) -> int:
    """kill -9 of every worker process that runs this platform's forwarder; how many there were."""
    return sum(kill(pid) for pid, _ in function_workers(stack.folder, f"-forward-{platform}"))


def test_the_log_of_a_whole_run_holds_nothing_that_is_secret_or_personal(own_stack: OwnStack) -> None:
    partner = own_stack.partner("quiet")
    code = partner.place("PO-QUIET", sales_name="Sales Person Q", address="Jl. Rahasia No. 77")
    headers = partner.signed_headers()
    partner.post({"broken": True}, headers={"X-SIGNATURE": "%%%"})
    wait_for(lambda: own_stack.operator.states(code), what="forwards")
    logs = "".join(path.read_text(errors="replace") for path in own_stack.running.logs.rglob("*.log*"))
    own_stack.stop()
    logs += "".join(
        path.read_text(errors="replace") for path in (own_stack.folder / ".local" / "state" / "logs").rglob("*.log*")
    )

    assert code in logs, "the log was read"
    secrets = [
        partner.client_secret,
        partner.token or "",
        headers["X-SIGNATURE"],
        "Jl. Rahasia",
        "Sales Person Q",
        "0812",
        "sandbox-password-not-a-secret",
        "sandbox-partner-secret-not-a-secret",
        "sandbox-api-secret-not-a-secret",
        "sandbox-key-not-a-secret",
        base64.b64encode(b"sandbox-user:sandbox-password-not-a-secret").decode(),
        "team_token=ey",
        "BEGIN PUBLIC KEY",
    ]
    assert [secret for secret in secrets if secret and secret in logs] == []
