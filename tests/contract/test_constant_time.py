"""Secrets, digests, MACs and signatures are compared in constant time: ``==`` tells by its time how much was right.

A rule over the syntax tree, since ruff has none. It goes by names and by what makes such a value, so a value that is no
secret has a name that does not say it is one (``content_hash``).
"""

from __future__ import annotations

import ast
import hmac
import re
from collections.abc import Iterator
from typing import Any

import pytest

from orderbridge.partners import jws
from orderbridge.partners.partner import hash_client_secret, secret_matches
from tests.contract.template import PROJECT

CODE = [PROJECT / "layers" / "core" / "orderbridge", PROJECT / "cli" / "orderbridge_cli"]
FILES = sorted(file for folder in CODE for file in folder.rglob("*.py"))

SECRET_WORDS = {"secret", "password", "pepper", "token", "signature", "digest", "hexdigest", "mac", "hmac", "proof"}
FORMS = {"hash", "value", "text", "bytes", "hex"}
"""A name is about the word before these: the hash of a secret, but not the hash of a content."""
CONVERSIONS = {"bytes", "str", "b64encode", "b64decode", "urlsafe_b64encode", "urlsafe_b64decode", "hexlify"}


def untimed(source: str) -> Iterator[str]:
    """The comparisons of a module that take a secret's side and are not in constant time, each with its line."""
    tree = ast.parse(source)
    for scope in ast.walk(tree):
        if isinstance(scope, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef):
            secrets = _assigned_secrets(scope)
            for node in _inside(scope):
                if isinstance(node, ast.Compare) and _tells(node, secrets):
                    yield f"line {node.lineno}: {ast.unparse(node)}"


def _inside(scope: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a module or function but those of the functions in it."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from _inside(child)


def _assigned_secrets(scope: ast.AST) -> set[str]:
    """The variables that get a secret under another name."""
    found: set[str] = set()
    for node in _inside(scope):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and _is_secret(node.value, found):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update(target.id for target in targets if isinstance(target, ast.Name))
    return found


def _tells(comparison: ast.Compare, secrets: set[str]) -> bool:
    sides = [comparison.left, *comparison.comparators]
    for operator, left, right in zip(comparison.ops, sides, sides[1:], strict=False):
        # Whether something is in a collection is asked of what stands on the left, and compared with each in turn.
        asked = [left] if isinstance(operator, ast.In | ast.NotIn) else [left, right]
        if (
            isinstance(operator, ast.Eq | ast.NotEq | ast.In | ast.NotIn)
            and not any(_is_written_out(side) for side in (left, right))
            and any(_is_secret(side, secrets) for side in asked)
        ):
            return True
    return False


def _is_written_out(side: ast.expr) -> bool:
    """Whether it stands in the code for everybody to read, here or as a constant that is not named as a secret."""
    parts = getattr(side, "elts", [side])
    return all(isinstance(part, ast.Constant) or _is_public_constant(part) for part in parts)


def _is_public_constant(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id.isupper() and not _is_secrets_name(value.id)


def _is_secret(value: ast.expr | None, secrets: set[str]) -> bool:
    match value:
        case ast.Name(id=name):
            return name in secrets or _is_secrets_name(name)
        case ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            return _is_secrets_name(name)
        case ast.Subscript(value=of):
            return _is_secret(of, secrets)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="hmac"), attr="compare_digest")):
            return False  # its answer
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=arguments) if name in CONVERSIONS:
            return any(_is_secret(argument, secrets) for argument in arguments)
        case ast.Call(func=ast.Attribute(value=of, attr=name)):
            return _is_secrets_name(name) or _is_secret(of, secrets)
        case ast.Call(func=ast.Name(id=name)):
            return _is_secrets_name(name)
        case ast.IfExp() | ast.BoolOp() | ast.BinOp() | ast.Tuple() | ast.List():
            return any(_is_secret(part, secrets) for part in ast.iter_child_nodes(value) if isinstance(part, ast.expr))
        case _:
            return False


def _is_secrets_name(name: str) -> bool:
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    while words and words[-1] in FORMS:
        words.pop()
    return bool(words) and words[-1] in SECRET_WORDS


def test_no_secret_is_compared_in_a_time_that_depends_on_it() -> None:
    found = [
        f"{file.relative_to(PROJECT)}, {what}" for file in FILES for what in untimed(file.read_text(encoding="utf-8"))
    ]
    assert FILES
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "presented == expected_digest", "partner.secret_hash != given", "hmac.new(key, body, sha256).digest() == sent",
        "hashlib.sha256(body).hexdigest() == sent", "sent_signature in signatures", "sent == credentials['token']",
        "base64.b64encode(mac) == sent", "sent == request.client_secret.encode()", "known.get_secret_value() == x",
        "made = hash_client_secret(pepper, sent)\nmade == known", "a == (token if token else b)", "(a, token) == sent",
        "def verify(sent):\n    made = hmac.new(key, sent, sha256).digest()\n    return made == sent",
        "tokenHash == other", "sent == token[7:]", "sent == API_TOKEN",
    ],
)  # fmt: skip
def test_a_comparison_that_tells_of_a_secret_is_found(source: str) -> None:
    assert len(list(untimed(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "existing.content_hash != order.content_hash", "partner.signature_profile == profile", "token == ''",
        "secret is None", "len(signature) == 256", "secret.host == channel.host", "'token' in body",
        "hmac.compare_digest(digest, sent)", "hmac.compare_digest(digest, sent) == known", "digest_size == size",
        "def f():\n    made = token\ndef g(made):\n    return made == 1 + x", "signature in ('', '-')",
        "made = sha256(key).hexdigest()[:16]\nmade == EXAMPLE_KID",
    ],
)  # fmt: skip
def test_a_comparison_that_tells_of_none_is_let_be(source: str) -> None:
    assert list(untimed(source)) == []


class _Plainly(ast.NodeTransformer):
    """``hmac.compare_digest(a, b)`` as ``a == b``, as somebody might write it."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        match node:
            case ast.Call(func=ast.Attribute(attr="compare_digest"), args=[left, right]):
                return ast.Compare(left, [ast.Eq()], [right])
        return self.generic_visit(node)


COMPARING = {
    "layers/core/orderbridge/partners/partner.py": 1,
    "cli/orderbridge_cli/signatures/recovery.py": 3,
    "cli/orderbridge_cli/signatures/report.py": 1,
}
"""How often a secret, a digest or a signature is compared where."""


@pytest.mark.parametrize("file", COMPARING)
def test_a_plain_comparison_in_its_place_is_found(file: str) -> None:
    source = (PROJECT / file).read_text(encoding="utf-8")
    assert len(list(untimed(ast.unparse(_Plainly().visit(ast.parse(source)))))) == COMPARING[file]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """What was compared in constant time, by whomever."""
    pairs: list[tuple[Any, Any]] = []
    compare = hmac.compare_digest

    def noted(left: Any, right: Any) -> bool:
        pairs.append((left, right))
        return compare(left, right)

    monkeypatch.setattr(hmac, "compare_digest", noted)
    return pairs


def test_a_clients_secret_is_compared_in_constant_time(compared: list[tuple[Any, Any]]) -> None:
    right = hash_client_secret(b"pepper", "right")
    assert secret_matches(b"pepper", "right", right)
    assert not secret_matches(b"pepper", "wrong", right)
    assert not secret_matches(b"pepper", "wrong", None)
    wrong = hash_client_secret(b"pepper", "wrong")
    assert compared == [(right, right), (wrong, right), (wrong, bytes(len(wrong)))]


def test_a_tokens_mac_is_compared_in_constant_time(compared: list[tuple[Any, Any]]) -> None:
    token = jws.sign(b"{}", b"k" * 32, "kid")
    assert jws.verify(token, b"k" * 32) == b"{}"
    with pytest.raises(jws.BadJws):
        jws.verify(token, b"x" * 32)
    assert [left == right for left, right in compared] == [True, False]
