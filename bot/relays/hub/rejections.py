"""Why the hub rejects a relay, in words for its operator."""

from typing import Final

from probes.protocol.messages import Rejection

SENTENCES: Final = {
    "unknown_relay": "no relay with this key is enrolled here; join with an invitation",
    "revoked": "this relay has been revoked",
    "bad_token": "the invitation was used already, is too old, or was taken back",
    "bad_proof": "the signature does not prove that the key is yours",
    "wrong_hub": "the proof was meant for another hub",
    "replaced": "the same relay has connected anew",
    "malformed": "that is not what a relay says",
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
