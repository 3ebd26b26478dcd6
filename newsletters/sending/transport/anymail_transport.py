"""Send through a provider's API with anymail: many mails in one request if each can have its own headers and bodies.

The answer to a request may be lost. If the provider supports idempotency keys, the request is repeated, and the
provider does not carry it out twice. Without a key, or without an answer still, all mails of the request are uncertain.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from email.message import EmailMessage

import requests
from anymail.backends.base import AnymailBaseBackend
from anymail.exceptions import (
    AnymailAPIError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from anymail.message import AnymailRecipientStatus
from anymail.utils import get_anymail_setting
from django.utils.module_loading import import_string
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from cms.background.compat import mail_backend
from cms.network.http import answered_within
from newsletters.sending.transport.careful_adapter import CarefulAdapter
from newsletters.sending.transport.one_request import OneRequest, many_in_one, one_alone
from newsletters.sending.transport.providers import PROVIDERS, Provider, repeatable
from newsletters.sending.transport.retry_after import retry_after_seconds
from newsletters.sending.transport.seam import (
    HeldBack,
    MessageUnsendable,
    OutgoingMail,
    PieceMail,
    PieceOutcome,
    Reply,
    ReplyLost,
    RequestRefused,
    TakeOff,
    TransportDown,
    at_once,
)
from newsletters.values.remarks import Remark

logger = logging.getLogger(__name__)

MOST_WAIT_SECONDS = 10  # a worker waits this long if the provider asks for it; longer, and the dispatch waits
LONGEST_TIMEOUT_SECONDS = 600  # as over SMTP
WAITS_SECONDS = (2, 10)  # before a request with an idempotency key is repeated; keys hold for 15 minutes at least
MOST_REFUSED_IN_A_ROW = 3  # requests; after that their mails are not to blame
NOT_LET_IN = {401, 402, 403, 404, 405}
NOT_NOW = {429, 503}  # the request was not carried out (RFC 6585, section 4; RFC 9110, section 15.6.4)
CONFLICT = 409  # the provider knows the request's key: a request with that key is under way or done

# What a provider did, in anymail's words (anymail.message.ANYMAIL_STATUSES), as SMTP codes.
_CODES = {"sent": 250, "queued": 250, "rejected": 550, "invalid": 550, "failed": 450}


class AnymailTransport:
    """anymail's backend at the import path `backend`, made with `options`; at most `most` mails (20) in one request."""

    def __init__(
        self,
        *,
        backend: str,
        options: Mapping[str, object] | None = None,
        most: int | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raise ImportError, TypeError or ValueError if the arguments are wrong."""
        kind = import_string(backend)
        if not issubclass(kind, AnymailBaseBackend):
            raise TypeError(f"{backend} is not an anymail backend; use BackendTransport for other backends")
        self.provider = PROVIDERS.get(str(kind.esp_name))
        allowed = self.provider.most if self.provider else 1
        wanted = min(20, allowed) if most is None else most
        if not isinstance(wanted, int) or not 1 <= wanted <= allowed:
            raise ValueError(f"{kind.esp_name} takes 1 to {allowed} mails in one request, not {wanted!r}")
        self.most = wanted
        self.backend, self.options, self.sleep = backend, dict(options or {}), sleep
        self.seconds = _require_timeout(self.options)

    @contextmanager
    def connect(self) -> Iterator[AnymailConnection]:
        """Make the backend; only the first request shows whether the provider can be reached."""
        backend = mail_backend(backend=self.backend, options=self.options)
        if self.provider:
            repeatable(backend, self.provider)
        backend.open()
        adapter = CarefulAdapter()
        if session := getattr(backend, "session", None):
            session.mount("https://", adapter)
            session.mount("http://", adapter)
        try:
            yield AnymailConnection(
                backend, provider=self.provider, adapter=adapter, seconds=self.seconds, sleep=self.sleep
            )
        finally:
            backend.close()


class AnymailConnection:
    """An anymail backend that makes one request at a time and waits `seconds` for each answer."""

    def __init__(
        self,
        backend: AnymailBaseBackend,
        *,
        provider: Provider | None,
        adapter: CarefulAdapter,
        seconds: float,
        sleep: Callable[[float], None],
    ) -> None:
        self._backend, self._provider, self._adapter = backend, provider, adapter
        self._seconds, self._sleep = seconds, sleep
        self._refused_in_a_row = 0

    def hand_over(
        self,
        mail: OutgoingMail,
        *,
        following: OutgoingMail | None = None,  # noqa: ARG002 - named by the protocol `Connection`
        take_off: TakeOff,
    ) -> Reply:
        """Send one of many mails in its own request."""
        message = mail.as_message()
        if not take_off():
            raise HeldBack
        self._adapter.may_go = take_off
        return self._send(message, recipient=mail.recipient)

    def send(
        self,
        message: EmailMessage,
        *,
        sender: str,  # noqa: ARG002 - named by the protocol `Connection`
        recipient: str,
    ) -> Reply:
        """Send a single message."""
        self._adapter.may_go = at_once
        return self._send(message, recipient=recipient)

    def _send(self, message: EmailMessage, *, recipient: str) -> Reply:
        """Send one message.

        If the provider refuses the request, either the mail or we may be at fault: the mail is deferred, and after
        three refusals in a row it is our fault.
        """
        try:
            with _building():
                whole = one_alone(message, recipient=recipient, provider=self._provider)
            (outcome,) = self._request(whole)
        except RequestRefused as error:
            self._refused_in_a_row += 1
            if self._refused_in_a_row >= MOST_REFUSED_IN_A_ROW:
                raise TransportDown(str(error), is_our_fault=True) from error
            return Reply(code=450, text=str(error))
        if isinstance(outcome, ReplyLost):
            raise outcome
        return outcome

    def hand_over_piece(self, mails: Sequence[PieceMail], *, may_go: TakeOff) -> list[PieceOutcome]:
        """Send copies of one edition in one request; return what became of each.

        Raises TransportDown, ReplyLost, HeldBack, or RequestRefused if the provider refuses the whole request.
        """
        self._adapter.may_go = may_go
        outcomes: dict[int, PieceOutcome] = {}
        messages: dict[int, EmailMessage] = {}
        for place, mail in enumerate(mails):
            try:
                messages[place] = mail.as_message()
            except MessageUnsendable as error:
                outcomes[place] = error
        made = list(messages.values())
        if len(made) == 1 or self._provider is None:
            for place, message in messages.items():
                outcomes[place] = self._send_alone(mails[place], message)
        elif made:
            with _building(is_one=False):
                whole = many_in_one([mails[place] for place in messages], made, provider=self._provider)
            outcomes.update(zip(messages, self._request(whole), strict=True))
        return [outcomes[place] for place in range(len(mails))]

    def _send_alone(self, mail: PieceMail, message: EmailMessage) -> PieceOutcome:
        try:
            return self._send(message, recipient=mail.recipient)
        except MessageUnsendable as error:
            return error

    def _request(self, whole: OneRequest) -> list[Reply | ReplyLost]:
        """Make the request, and repeat it if its answer is lost and it has a key; return the answer for each reader."""
        waits = WAITS_SECONDS if self._provider and self._provider.has_key else ()
        try:
            self._post_when_asked(whole)
        except ReplyLost as lost:
            self._repeat(whole, lost=lost, waits=waits)
        answers = _answers(whole)
        if any(isinstance(answer, Reply) and answer.code < 300 for answer in answers):
            self._refused_in_a_row = 0
        return answers

    def _post_when_asked(self, whole: OneRequest) -> None:
        """Make the request; if the provider asks to wait for some seconds, wait and repeat it."""
        left = float(MOST_WAIT_SECONDS)
        while True:
            try:
                return self._post(whole)
            except TransportDown as error:
                wait = max(1.0, error.wait_seconds or 0.0)
                if error.wait_seconds is None or wait > left:
                    raise
            self._sleep(wait)
            left -= wait

    def _repeat(self, whole: OneRequest, *, lost: ReplyLost, waits: Sequence[float]) -> None:
        """Repeat the very same request; raise `lost` unless it is carried out: a refusal proves nothing here."""
        for wait in waits:
            logger.warning(
                "The mail provider's answer was lost (%s): repeating the request", type(lost.__cause__).__name__
            )
            self._sleep(wait)
            try:
                self._post(whole)
                return
            except (HeldBack, ReplyLost, RequestRefused, TransportDown):
                continue
        raise lost

    def _post(self, whole: OneRequest) -> None:
        """Let anymail make the request; it stores the answer on the message."""
        try:
            with _building(is_one=len(whole.emails) == 1), answered_within(self._seconds):
                if not self._adapter.may_go():
                    raise HeldBack
                self._backend.send_messages([whole])
        except AnymailRecipientsRefused:
            pass  # the status of each recipient says so
        except AnymailAPIError as error:
            raise _meaning_of(error, readers=len(whole.emails)) from error


def _require_timeout(options: dict[str, object]) -> float:
    """Return how long a whole answer may take, in seconds, including the time to connect.

    Raises ValueError if a provider that never answers could block a worker, and its piece, for ever.
    """
    timeout = options.get("timeout", get_anymail_setting("requests_timeout", kwargs=options.copy(), default=30))
    parts = list(timeout) if isinstance(timeout, tuple | list) else [timeout, timeout]  # for connecting, for reading
    seconds = [part for part in parts if isinstance(part, int | float) and 0 < part <= LONGEST_TIMEOUT_SECONDS]
    if len(seconds) < len(parts):
        most = LONGEST_TIMEOUT_SECONDS
        raise ValueError(f"anymail's REQUESTS_TIMEOUT must be above 0 and at most {most} seconds, not {timeout!r}")
    return float(sum(seconds))


@contextmanager
def _building(*, is_one: bool = True) -> Iterator[None]:
    """Translate the errors that occur before a request is made."""
    try:
        yield
    except AnymailUnsupportedFeature as error:
        raise TransportDown(str(error), is_our_fault=True) from error
    except (AnymailInvalidAddress, AnymailSerializationError, UnicodeError) as error:
        if is_one:
            raise MessageUnsendable(Remark.NO_ADDRESS.with_detail(error)) from error
        raise RequestRefused(str(error)) from error


def _answers(whole: OneRequest) -> list[Reply | ReplyLost]:
    found = {email.casefold(): status for email, status in whole.anymail_status.recipients.items()}
    return [_answer(found.get(email.casefold())) for email in whole.emails]


def _answer(status: AnymailRecipientStatus | None) -> Reply | ReplyLost:
    """Return the provider's answer for one reader; ReplyLost if it says nothing about the reader."""
    code = _CODES.get(status.status) if status else None
    if status is None or code is None:
        return ReplyLost("the provider says nothing about this recipient")
    return Reply(code=code, text=f"{status.status} {status.message_id or ''}".strip())


def _meaning_of(error: AnymailAPIError, *, readers: int) -> Exception:
    """Return what a failed request means: nothing went out, or nobody knows."""
    response = getattr(error, "response", None)
    if response is None:
        words = type(error.__cause__ or error).__name__
        return TransportDown(Remark.SERVER_AWAY.with_detail(words)) if _never_left(error) else ReplyLost(words)
    words = " ".join(f"HTTP {response.status_code} {response.text[:300]}".split())
    if response.status_code in NOT_LET_IN:
        return TransportDown(words, is_our_fault=True)
    if response.status_code in NOT_NOW:
        why = Remark.ASKED_TO_WAIT.with_detail(words)
        return TransportDown(why, wait_seconds=retry_after_seconds(response))
    is_refused = 400 <= response.status_code < 500 and response.status_code != CONFLICT
    return RequestRefused(words) if is_refused or _took_none(response, readers=readers) else ReplyLost(words)


def _never_left(error: BaseException) -> bool:
    """Say whether there was no connection over which the request could have been sent."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.__cause__
    reason = getattr(cause.args[0] if cause and cause.args else None, "reason", None)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _took_none(response: requests.Response, *, readers: int) -> bool:
    """Say whether a successful response lists a failure for each reader, as Postmark's does."""
    try:
        answer = response.json()
    except ValueError:
        return False
    return (
        response.ok
        and isinstance(answer, list)
        and len(answer) == readers
        and all(isinstance(entry, dict) and entry.get("ErrorCode") for entry in answer)
    )
