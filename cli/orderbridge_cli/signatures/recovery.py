"""What an RSA signature was made over, as far as the public key alone can tell.

RSA turns a signature back into the padded block that was signed. PKCS#1 v1.5 (RFC 8017, section 9.2) pads a DigestInfo,
which names the hash and holds the digest itself; PSS (section 9.1) can only be asked whether it covers a given message.
Nothing here decides whether a request is accepted: that is `partners.signatures.verify_signature` alone.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

_DIGEST_INFO_PREFIXES = {
    "md5": "3020300c06082a864886f70d020505000410",
    "sha1": "3021300906052b0e03021a05000414",
    "sha224": "302d300d06096086480165030402040500041c",
    "sha256": "3031300d060960864801650304020105000420",
    "sha384": "3041300d060960864801650304020205000430",
    "sha512": "3051300d060960864801650304020305000440",
}
"""RFC 8017, section 9.2, note 1."""

_PSS_HASHES = ("sha256", "sha1", "sha384", "sha512")


@dataclass(frozen=True, slots=True)
class SignedDigest:
    """PKCS#1 v1.5 over a digest: the hash is named in the signature and the digest can be read out of it."""

    algorithm: str
    digest: bytes

    def covers(self, message: bytes) -> bool:
        return hmac.compare_digest(hashlib.new(self.algorithm, message, usedforsecurity=False).digest(), self.digest)


@dataclass(frozen=True, slots=True)
class SignedRaw:
    """PKCS#1 v1.5 padding around bytes that are no DigestInfo: the text itself, or a digest without its hash's name."""

    content: bytes

    def covers(self, message: bytes) -> bool:
        return self.content == message or hmac.compare_digest(hashlib.sha256(message).digest(), self.content)


@dataclass(frozen=True, slots=True)
class SignedPss:
    """RSASSA-PSS: `proof` is the hash of the digest and the salt."""

    algorithm: str
    salt: bytes
    proof: bytes

    def covers(self, message: bytes) -> bool:
        digest = hashlib.new(self.algorithm, message, usedforsecurity=False).digest()
        proof = hashlib.new(self.algorithm, bytes(8) + digest + self.salt, usedforsecurity=False).digest()
        return hmac.compare_digest(proof, self.proof)


Recovered = SignedDigest | SignedRaw | SignedPss


def recover(key: RSAPublicNumbers, signature: bytes) -> Recovered | None:
    """What `signature` was made over with the private half of `key`; None where it was not made with it."""
    length = (key.n.bit_length() + 7) // 8
    number = int.from_bytes(signature)
    if len(signature) != length or number >= key.n:
        return None
    block = pow(number, key.e, key.n).to_bytes(length)
    return _pkcs1_v15(block) or _pss(block, key.n.bit_length() - 1)


def _pkcs1_v15(block: bytes) -> SignedDigest | SignedRaw | None:
    if not block.startswith(b"\x00\x01"):
        return None
    padding, separator, content = block[2:].partition(b"\x00")
    if not separator or len(padding) < 8 or padding.strip(b"\xff"):
        return None
    for algorithm, prefix in _DIGEST_INFO_PREFIXES.items():
        digest = content.removeprefix(bytes.fromhex(prefix))
        if len(digest) < len(content) and len(digest) == hashlib.new(algorithm, usedforsecurity=False).digest_size:
            return SignedDigest(algorithm, digest)
    return SignedRaw(content)


def _pss(block: bytes, bits: int) -> SignedPss | None:
    block = block[len(block) - (bits + 7) // 8 :]
    if not block.endswith(b"\xbc"):
        return None
    for algorithm in _PSS_HASHES:
        size = hashlib.new(algorithm, usedforsecurity=False).digest_size
        masked, proof = block[: -size - 1], block[-size - 1 : -1]
        mask = _mgf1(proof, len(masked), algorithm)
        data = int.from_bytes(masked) ^ int.from_bytes(mask)
        data &= (1 << (bits - 8 * (size + 1))) - 1  # the leftmost bits are not part of the encoding
        zeros, separator, salt = data.to_bytes(len(masked)).partition(b"\x01")
        if separator and not zeros.strip(b"\x00"):
            return SignedPss(algorithm, salt, proof)
    return None


def _mgf1(seed: bytes, length: int, algorithm: str) -> bytes:
    """RFC 8017, appendix B.2.1."""
    mask = b""
    counter = 0
    while len(mask) < length:
        mask += hashlib.new(algorithm, seed + counter.to_bytes(4), usedforsecurity=False).digest()
        counter += 1
    return mask[:length]
