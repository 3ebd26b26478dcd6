"""The ledger: every change of a delivery's state, each with its condition in the UPDATE.

A change that finds the row in an unexpected state does nothing and says so. That is how a pause, an unsubscription or
a second worker wins over a claim.

`claims` what workers hold · `rate_limits` how many they may claim now · `answers` what became of the deliveries they
sent · `step` the commit between two mails · `manual_decisions` what a person decided, or a worker found out later ·
`dispatches` a dispatch as a whole · `lease` what a worker knows about its claim without asking the database.
"""

from newsletters.sending.ledger.answers import (
    Jitter,
    accept,
    blame,
    bounce,
    complain,
    defer,
    exclude_unsendable,
    hold_back,
    mark_uncertain,
    reject,
    set_aside,
)
from newsletters.sending.ledger.claims import (
    claim,
    is_in_flight,
    left_to_send,
    put_back,
    put_in_flight,
    release_expired,
    renew,
)
from newsletters.sending.ledger.dispatches import (
    ISSUE_SENT,
    cancel,
    finish_if_done,
    look_again,
    pause,
    reopen_stranded,
    resume,
    stop_waiting,
    wait,
)
from newsletters.sending.ledger.manual_decisions import (
    exclude_unsubscribed,
    resolve_all_uncertain,
    resolve_uncertain,
    take_back,
)
from newsletters.sending.ledger.rate_limits import still_holds
from newsletters.sending.ledger.step import Accepted, step

__all__ = [
    "ISSUE_SENT",
    "Accepted",
    "Jitter",
    "accept",
    "blame",
    "bounce",
    "cancel",
    "claim",
    "complain",
    "defer",
    "exclude_unsendable",
    "exclude_unsubscribed",
    "finish_if_done",
    "hold_back",
    "is_in_flight",
    "left_to_send",
    "look_again",
    "mark_uncertain",
    "pause",
    "put_back",
    "put_in_flight",
    "reject",
    "release_expired",
    "renew",
    "reopen_stranded",
    "resolve_all_uncertain",
    "resolve_uncertain",
    "resume",
    "set_aside",
    "step",
    "still_holds",
    "stop_waiting",
    "take_back",
    "wait",
]
