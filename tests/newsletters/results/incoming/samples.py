"""Mails of our own making in the usual servers' formats, about one copy that we sent to Ann."""

from __future__ import annotations

from pathlib import Path

from newsletters.values.personal_links import Purpose, make_token
from newsletters.values.return_path import make_feedback_token, make_return_path, make_unsubscribe_address

MAILS = Path(__file__).parent / "mails"
NAMES = sorted(path.stem for path in MAILS.glob("*.eml"))
ANN = "ann@example.org"
DELIVERY, SUBSCRIPTION = 1234567, 89
MESSAGE_ID = f"<{DELIVERY}.0123456789abcdef@hub.example.org>"
RETURN_PATH = make_return_path(base="bounces@hub.example.org", delivery_pk=DELIVERY)
LEAVE_ADDRESS = make_unsubscribe_address(base="unsubscribe@hub.example.org", subscription_pk=SUBSCRIPTION)
TOKENS = {
    "RETURN-PATH": RETURN_PATH,
    "MESSAGE-ID": MESSAGE_ID,
    "LINK-TOKEN": make_token(Purpose.UNSUBSCRIBE, subscription_pk=SUBSCRIPTION),
    "LEAVE-ADDRESS": LEAVE_ADDRESS,
    "FEEDBACK-TOKEN": make_feedback_token(delivery_pk=DELIVERY),
}


def sample(name: str, *, forged: bool = False) -> bytes:
    """Return one of the mails; a forged one has no token of ours."""
    text = (MAILS / f"{name}.eml").read_text()
    for word, token in TOKENS.items():
        is_public = word == "MESSAGE-ID"
        text = text.replace(word, "12-" + "0" * 26 + "@elsewhere.example" if forged and not is_public else token)
    return text.encode()
