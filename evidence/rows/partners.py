"""Rows of partners: how they post, take back and listen, and how their credentials change."""

from __future__ import annotations

from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING

from evidence.rows.strikes import HOUR, MINUTE, OFTEN, ONCE
from evidence.weather import CANCEL, AwsFault, Posts, Row, Strike
from orderbridge_sandboxes import DEMO_CREDENTIALS

if TYPE_CHECKING:
    from evidence.system.world import World


PARTNERS = (
    Row("every order posted up to five times", posts=Posts(times=5)),
    Row("every order posted eight times at once", posts=Posts(at_once=8), weight=0.5),
    Row("answers to the partner lost", posts=Posts(times=2, answers_lost=0.4)),
    Row(
        "posted again, at once and unheard, while intake fails",
        posts=Posts(times=3, at_once=4, answers_lost=0.2),
        aws=(AwsFault("lost", "PutItem", "order_intake", 0.2), AwsFault("refused", "UpdateItem", "order_intake", 0.2)),
        killed={"order_intake": 0.02},
        weight=0.5,
    ),
    Row("the partner's webhook fails", receiver_fails=0.5, killed={"webhook_sender": 0.05}, messages_lost=0.3),
    Row(
        "the partner's webhook is slow",
        receiver_takes=20.0,
        receiver_fails=0.1,
        killed={"webhook_sender": 0.02},
        messages_lost=0.2,
        expected=("receiver is slow",),
    ),
    Row("orders taken back", cancelled=0.7),
    Row("orders taken back at once", cancelled=1.0, cancelled_within=0.4),
    Row(
        "orders taken back while answers are lost",
        (ONCE, Strike("commit_then_close", CANCEL, share=0.5, most_per_order=0.5)),
        cancelled=0.7,
        messages_lost=0.3,
        killed={"forward_": 0.01, "order_cancel": 0.02},
    ),
    Row(
        "the partner's calls limited",
        parameters={"PartnerCallsPerSecond": "2", "PartnerCallsAtOnce": "10"},
        posts=Posts(times=2, at_once=4, over_seconds=2.0),
        patience=2,
        expected=("answered 429",),
    ),
)


def rotate_keys(world: World) -> None:
    """A new key pair: registered, used, and the old one revoked once caches have forgotten it."""
    old = world.operator.kids()
    world.operator.add_key(2)

    def use() -> None:
        world.partner.key_number = 2
        world.machine.struck["the partner's key rotated"] += 1

    world.agenda.later(2 * MINUTE, use)
    for kid in old:
        world.agenda.later(4 * MINUTE, partial(world.operator.revoke_key, kid))


def rotate_secret(world: World) -> None:
    world.partner.secret = world.operator.rotate_secret()
    world.machine.struck["the partner's secret rotated"] += 1


def rotate_token_keys(world: World) -> None:
    world.operator.rotate_token_keys()
    world.machine.struck["token keys rotated"] += 1


def replace_token_keys(world: World) -> None:
    world.operator.rotate_token_keys(compromised=True)
    world.machine.struck["token keys replaced"] += 1


def rotate_credentials(world: World) -> None:
    """A platform gives out new credentials; the operator stores them some minutes later."""
    for label, facts in world.facts.items():
        sandbox, old = world.sandboxes[label], DEMO_CREDENTIALS[facts.name]
        settings = fields(sandbox.platform.settings)
        name = next(each.name for each in settings if each.metadata.get("secret") and each.name in old)
        new = {**old, name: f"{old[name]}-new"}
        sandbox.change(**{name: new[name]})
        store = partial(world.operator.store_credentials, world.channel_of(label), new)
        world.agenda.later(3 * MINUTE, partial(world.begin, "operator", store))
    world.machine.struck["credentials rotated"] += 1


SLOWLY = Posts(over_seconds=20 * MINUTE, times=2)
CREDENTIALS = (
    Row("tokens end", posts=Posts(over_seconds=30 * HOUR), hours=31.0, expected=("a token renewed",), weight=0.5),
    Row(
        "the partner changes its key",
        posts=SLOWLY,
        script=((5 * MINUTE, rotate_keys),),
        expected=("the partner's key rotated",),
    ),
    Row(
        "the partner's secret is rotated",
        posts=SLOWLY,
        script=((8 * MINUTE, rotate_secret),),
        expected=("the partner's secret rotated",),
    ),
    Row(
        "token keys are rotated, and once replaced",
        posts=SLOWLY,
        script=((2 * MINUTE, rotate_token_keys), (9 * MINUTE, rotate_token_keys), (15 * MINUTE, replace_token_keys)),
        expected=("token keys rotated", "token keys replaced"),
    ),
    Row(
        "a platform's credentials are rotated",
        (OFTEN,),
        posts=SLOWLY,
        script=((7 * MINUTE, rotate_credentials),),
        expected=("credentials rotated",),
    ),
)
