"""Why the hub rejects a relay, in words for its operator."""

from typing import Final

from probes.protocol.messages import Rejection

SENTENCES: Final = {
    "unknown_relay": "no relay with this key is enrolled here; join with an invitation",
    "revoked": "this relay has been revoked",
    "bad_token": "the invitation was already used, has expired, or was revoked",
    "bad_proof": "the signature does not prove that this is your key",
    "wrong_hub": "the proof is for another hub",
    "replaced": "the same relay has reconnected",
    "malformed": "this is not a valid message from a relay",
    "busy": "another host is connected with the same key; if it is a copy, revoke the relay and invite each host",
}


class RejectedError(Exception):
    """The relay is rejected. The message is one of `probes.protocol.messages.REJECTIONS`."""

    def __init__(self, reason: str, retry: float = 0.0, detail: str = "", proof: str = "") -> None:
        super().__init__(reason)
        self.reason, self.retry, self.detail, self.proof = reason, retry, detail, proof

    def message(self) -> Rejection:
        """Return the rejection as a message to the relay."""
        return Rejection(self.reason, self.detail or SENTENCES[self.reason], self.retry, self.proof)
