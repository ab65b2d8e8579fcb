"""The life of a partner: registered, its secret and keys changed, suspended and resumed. Each step on its timeline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from orderbridge.partners.partner import (
    CLIENT_ID,
    Partner,
    PartnerKey,
    SignatureProfile,
    hash_client_secret,
    new_client_secret,
)
from orderbridge.partners.ports import PepperSource
from orderbridge.partners.signatures import BadPublicKey
from orderbridge.values.conflicts import LostRace
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import Clock, to_iso
from orderbridge_cli.operating.channels import channel_refs
from orderbridge_cli.operating.ports import ChannelRegistry, PartnerRegistry
from orderbridge_cli.operating.public_keys import read_public_key
from orderbridge_cli.operating.refusals import OperationRefused

MAX_NAME_LENGTH = 200
CONCURRENT_CHANGE = "Somebody else changed this partner at the same moment; look at it and try again."


@dataclass(frozen=True, slots=True)
class IssuedSecret:
    """A partner and its secret, which is shown this once and nowhere kept."""

    partner: Partner
    client_secret: str
    key_also_of: Sequence[str] = ()
    """The other partners that have had the key it was registered with."""

    def body(self) -> dict[str, str]:
        return {"client_id": self.partner.client_id, "client_secret": self.client_secret}


@dataclass(frozen=True, slots=True)
class OperatePartners:
    """What an operator does with partners. Every method raises `OperationRefused` where it cannot be done."""

    registry: PartnerRegistry
    channels: ChannelRegistry
    pepper: PepperSource
    clock: Clock
    new_secret: Callable[[], str] = new_client_secret

    def read(self, client_id: str) -> Partner:
        partner = self.registry.find(client_id)
        if partner is None:
            raise OperationRefused(f"There is no partner {client_id}.")
        return partner

    def add(self, client_id: str, name: str, public_key_pem: bytes, channels: Sequence[str]) -> IssuedSecret:
        """Register a partner that does not exist yet; nothing is changed where it does."""
        if not CLIENT_ID.fullmatch(client_id):
            raise OperationRefused(
                f"{client_id!r} is not a client id: 1 to 64 letters, digits, dots, underscores and hyphens."
            )
        partner_name = _clean_name(name)
        key = self._key(public_key_pem)
        key_also_of = self._others_with(key, client_id)
        secret = self.new_secret()
        partner = Partner(
            client_id=client_id,
            name=partner_name,
            secret_hash=hash_client_secret(self.pepper.pepper(), secret),
            credential_version=1,
            channels=channel_refs(self.channels, channels),
            keys=(key,),
        )
        if not self.registry.add(partner, self._entry("PartnerAdded", f"key {key.kid}, {key.bits} bits")):
            raise OperationRefused(f"The partner {client_id} exists already; nothing was changed.")
        return IssuedSecret(partner, secret, key_also_of)

    def suspend(self, client_id: str) -> bool:
        """No token is given out or accepted any more; False where the partner was suspended already."""
        partner = self.read(client_id)
        if partner.state == "suspended":
            return False
        # The version goes up too, so that tokens from before do not come back to life when the partner is resumed.
        changed = replace(partner, state="suspended", credential_version=partner.credential_version + 1)
        self._save(partner, changed, "PartnerSuspended")
        return True

    def resume(self, client_id: str) -> bool:
        """The partner may log in again; False where it was active already."""
        partner = self.read(client_id)
        if partner.state == "active":
            return False
        self._save(partner, replace(partner, state="active"), "PartnerResumed")
        return True

    def rotate_secret(self, client_id: str) -> IssuedSecret:
        """A new secret; the old one and every token issued so far are void."""
        partner = self.read(client_id)
        secret = self.new_secret()
        changed = replace(
            partner,
            secret_hash=hash_client_secret(self.pepper.pepper(), secret),
            credential_version=partner.credential_version + 1,
        )
        self._save(partner, changed, "SecretRotated")
        return IssuedSecret(changed, secret)

    def revoke_tokens(self, client_id: str) -> None:
        """Every token issued so far is void; the secret stays."""
        partner = self.read(client_id)
        self._save(partner, replace(partner, credential_version=partner.credential_version + 1), "TokensRevoked")

    def set_profile(self, client_id: str, profile: SignatureProfile) -> bool:
        """How the partner signs from now on; False where it did so already."""
        partner = self.read(client_id)
        if partner.signature_profile == profile:
            return False
        self._save(partner, replace(partner, signature_profile=profile), "SignatureProfileSet", profile)
        return True

    def add_key(self, client_id: str, public_key_pem: bytes) -> tuple[PartnerKey, Sequence[str]]:
        """One more key the partner may sign with, and the other partners that have had it."""
        partner = self.read(client_id)
        key = self._key(public_key_pem)
        key_also_of = self._others_with(key, client_id)
        entry = self._entry("KeyAdded", f"key {key.kid}, {key.bits} bits")
        if not self.registry.add_key(partner.client_id, key, entry):
            raise OperationRefused(
                f"{client_id} has had this very key (kid {key.kid}); a revoked key stays revoked, make a new pair."
            )
        return key, key_also_of

    def revoke_key(self, client_id: str, kid: str) -> Partner:
        """Nothing that this key signs is accepted any more; the partner as it is after it."""
        partner = self.read(client_id)
        key = next((each for each in partner.keys if each.kid == kid), None)
        if key is None:
            raise OperationRefused(f"{client_id} has no key {kid}.")
        if key.state == "active":
            try:
                self.registry.revoke_key(client_id, kid, self._entry("KeyRevoked", f"key {kid}"))
            except LostRace as lost:
                raise OperationRefused(CONCURRENT_CHANGE) from lost
        return self.read(client_id)

    def _others_with(self, key: PartnerKey, client_id: str) -> Sequence[str]:
        # Partners are few and keys rarely added, so they are read one by one, and no index is kept.
        others = (self.registry.find(other) for other in self.registry.client_ids() if other != client_id)
        return [other.client_id for other in others if other and key.kid in {each.kid for each in other.keys}]

    def _key(self, pem: bytes) -> PartnerKey:
        try:
            return read_public_key(pem, to_iso(self.clock()))
        except BadPublicKey as bad:
            raise OperationRefused(f"The public key cannot be registered: {bad}.") from bad

    def _save(self, read: Partner, changed: Partner, event: str, detail: str | None = None) -> None:
        try:
            self.registry.save_profile(read, changed, self._entry(event, detail))
        except LostRace as lost:
            raise OperationRefused(CONCURRENT_CHANGE) from lost

    def _entry(self, event: str, detail: str | None) -> TimelineEntry:
        return TimelineEntry(to_iso(self.clock()), event, None, detail)


def _clean_name(name: str) -> str:
    text = " ".join(name.split())
    if not 1 <= len(text) <= MAX_NAME_LENGTH or not text.isprintable():
        raise OperationRefused(f"The name must be 1 to {MAX_NAME_LENGTH} printable characters.")
    return text
