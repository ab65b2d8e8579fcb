"""Keys for the samples, and the samples themselves, each skipped by name where its tool is missing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from orderbridge.partners.partner import PartnerKey
from orderbridge_cli.operating.public_keys import read_public_key
from tests.docs.samples import ALL, Sample


@dataclass(frozen=True)
class KeyPair:
    """A key pair with its private half in a file, as the guide makes it."""

    private_key: RSAPrivateKey
    private_file: Path
    public_file: Path

    @property
    def registered(self) -> PartnerKey:
        return read_public_key(self.public_file.read_bytes(), "2025-01-01T00:00:00.000Z")


@pytest.fixture(scope="session")
def key_pair(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    folder = tmp_path_factory.mktemp("keys")
    key = generate_private_key(65537, 2048)
    pair = KeyPair(key, folder / "private.pem", folder / "public.pem")
    pair.private_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    pair.public_file.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return pair


@pytest.fixture(params=ALL, ids=[sample.language for sample in ALL])
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Each signing sample in turn."""
    found: Sample = request.param
    tool = found.missing_tool()
    if tool is not None:
        pytest.skip(f"the {found.language} sample needs {tool}")
    return found.copied_to(tmp_path_factory.getbasetemp() / "samples")
