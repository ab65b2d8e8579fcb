"""On the local stack: every command of the partner guide runs as it is and answers what the guide shows, and every
sample posts one order though its answer is lost."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orderbridge_cli.local.stack import LocalStack
from orderbridge_cli.local.stack_file import StackDescription
from tests.docs.conftest import KeyPair
from tests.docs.guide import Shell, assert_as_documented, steps
from tests.docs.http_door import Door, passing_on_to
from tests.docs.samples import Sample
from tests.e2e.actors import Operator, Platforms
from tests.e2e.conftest import SEEDS, outlive_caches, wait_for

pytestmark = pytest.mark.e2e

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "partner-guide"
PAGES = ("README.md", "signing.md", "orders.md", "credentials.md")
CHANNEL = "sirclo"
"""The only channel of this stack, so that the guide's answers are what it gives."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The operator's folder."""
    return tmp_path_factory.mktemp("operator")


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[StackDescription]:
    local = LocalStack(
        state_dir=folder / ".local" / "state",
        port=0,
        stack_file=folder / ".local" / "stack.json",
        live_reload=False,
        sweep_every_s=1.0,
        parameters={"PartnerCacheSeconds": SEEDS["PartnerCacheSeconds"]},
    )
    with local:
        yield local.description


@pytest.fixture(scope="module")
def operator(stack: StackDescription, folder: Path) -> Operator:
    found = Operator(folder)
    Platforms(stack.sandboxes).add_channel(found, "sirclo", CHANNEL, folder, {}, mapped=True)
    return found


def register(operator: Operator, client_id: str, public_key: Path) -> str:
    """The secret of a new partner."""
    added = operator.run(
        "partners", "add", client_id, "--name", "A partner", "--public-key", str(public_key), "--channels", CHANNEL
    )
    return str(added["client_secret"])


class Reader:
    """Somebody who follows the guide, with an operator on the other side."""

    def __init__(self, shell: Shell, folder: Path, operator: Operator, api_url: str, client_id: str) -> None:
        self.shell = shell
        self.folder = folder
        self.operator = operator
        self.api_url = api_url
        self.client_id = client_id
        self.secret = ""

    def follow(self, page: Path) -> str:
        """Does everything on a page; what its last command printed."""
        printed = ""
        for step in steps(page):
            try:
                printed = self._do(step.kind, step.text, printed)
            except AssertionError as failure:
                raise AssertionError(f"{page.name}, line {step.line}: {failure}") from failure
        return printed

    def _do(self, kind: str, text: str, printed: str) -> str:
        match kind:
            case "run":
                return self.shell.run(text)
            case "given":
                return self.shell.run(self._given(text))
            case "output":
                assert_as_documented(text, printed)
            case _:
                self._let_operator(*text.split())
        return printed

    def _given(self, text: str) -> str:
        values = {"ORDERBRIDGE_URL": self.api_url, "CLIENT_ID": self.client_id, "CLIENT_SECRET": self.secret}
        assert [line.split("=")[0].removeprefix("export ") for line in text.splitlines()] == list(values)
        return "\n".join(f"export {name}='{value}'" for name, value in values.items())

    def _let_operator(self, what: str, *arguments: str) -> None:
        match what:
            case "register":
                self.secret = register(self.operator, self.client_id, self.folder / arguments[0])
            case "set-profile":
                self.operator.run("partners", "set-profile", self.client_id, arguments[0])
            case "add-key":
                self.operator.run("partners", "add-key", self.client_id, str(self.folder / arguments[0]))
            case "wait":
                wait_for(lambda: self._order_is("SUBMITTED"), what="the order to be SENT")
            case _:
                raise AssertionError(f"the operator cannot {what}")
        outlive_caches()

    def _order_is(self, status: str) -> bool:
        code = json.loads((self.folder / "accepted.json").read_text())["data"]["code"]
        return bool(self.operator.order(code)["status"] == status)


@pytest.fixture
def read(tmp_path: Path, operator: Operator, stack: StackDescription) -> Iterator[Callable[[str], Reader]]:
    """``read(client_id)`` is a reader in an empty folder, in a shell that knows nothing."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    with Shell(tmp_path, environment) as shell:
        yield lambda client_id: Reader(shell, tmp_path, operator, stack.api_url, client_id)


@pytest.mark.skipif(not (shutil.which("openssl") and shutil.which("curl")), reason="needs openssl and curl")
class TestGuide:
    def test_the_first_page_takes_a_reader_to_one_accepted_order(
        self, read: Callable[[str], Reader], operator: Operator
    ) -> None:
        repeated = read("guide-first").follow(GUIDE / "README.md").lower()

        assert repeated.splitlines()[0].split()[1] == "200"
        assert "idempotent-replay: true" in repeated
        (order,) = operator.run("orders", "list", "--client-id", "guide-first")
        assert order["code"].lower() in repeated

    @pytest.mark.parametrize(("page", "orders"), [("signing.md", 1), ("orders.md", 2), ("credentials.md", 1)])
    def test_the_commands_of_the_other_pages_do_what_they_say(
        self, page: str, orders: int, read: Callable[[str], Reader], operator: Operator
    ) -> None:
        client_id = f"guide-{Path(page).stem}"
        reader = read(client_id)
        reader.follow(GUIDE / "README.md")

        reader.follow(GUIDE / page)

        assert len(operator.run("orders", "list", "--client-id", client_id)) == orders

    def test_a_reader_has_an_order_in_fewer_than_ten_steps(self) -> None:
        headings = [line for line in (GUIDE / "README.md").read_text().splitlines() if line.startswith("### ")]

        assert [heading[4] for heading in headings if heading[4].isdigit()] == list("1234567")


def test_a_sample_posts_one_order_though_its_answer_is_lost(
    sample: Sample, operator: Operator, stack: StackDescription, key_pair: KeyPair
) -> None:
    client_id = f"sample-{sample.language}"
    secret = register(operator, client_id, key_pair.public_file)
    # The body-bound profile, whose path is what API Gateway says it is; the guide's commands use the other.
    operator.run("partners", "set-profile", client_id, "snap-asym")
    with Door(passing_on_to(stack.api_url), lose=1) as door:
        environment = {
            "ORDERBRIDGE_URL": door.url,
            "CLIENT_ID": client_id,
            "CLIENT_SECRET": secret,
            "PRIVATE_KEY_FILE": str(key_pair.private_file),
            "SIGNATURE_PROFILE": "snap-asym",
        }
        done = sample.run(["PO-2025-00001"], environment)

    assert done.returncode == 0, done.stderr
    assert [each.answered for each in door.orders()] == [None, 200]
    (order,) = operator.run("orders", "list", "--client-id", client_id)
    assert done.stdout == order["code"] + "\n"


def test_the_check_command_knows_the_registered_keys_and_profile(
    operator: Operator, key_pair: KeyPair, tmp_path: Path
) -> None:
    register(operator, "check-1", key_pair.public_file)
    body = tmp_path / "order.json"
    body.write_text("{}")
    key = ("--key", str(key_pair.private_file))

    def check(headers: dict[str, str], *options: str, exit_code: int = 0) -> list[str]:
        report = operator.run(
            "check-signature", "--client-id", "check-1", "--timestamp", headers["X-TIMESTAMP"],
            "--signature", headers["X-SIGNATURE"], *options, exit_code=exit_code,
        )  # fmt: skip
        assert report["verifies"] is (exit_code == 0)
        return [finding["code"] for finding in report["findings"]]

    legacy = operator.run("sign", "--client-id", "check-1", *key)
    bound = operator.run("sign", "--client-id", "check-1", *key, "--profile", "snap-asym", "--body", str(body))

    assert check(legacy) == []
    assert check(bound, "--body", str(body), exit_code=1) == ["other_profile"]
    operator.run("partners", "set-profile", "check-1", "snap-asym")
    assert check(bound, "--body", str(body)) == []
    operator.run("partners", "revoke-key", "check-1", key_pair.registered.kid)
    assert check(bound, "--body", str(body), exit_code=1) == ["key_revoked"]
