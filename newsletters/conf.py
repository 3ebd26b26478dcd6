"""The newsletter's settings: each key of `HUB_NEWSLETTERS`, with its default, read when it is asked for."""

from collections.abc import Sequence
from typing import Any

from cms.conf import Conf as _Conf


class Conf(_Conf):
    """All settings of the newsletter."""

    group = "HUB_NEWSLETTERS"

    PUBLIC_URL: str = "http://localhost:8000"  # where subscribers reach the preferences pages; no slash at the end
    TRANSPORT: dict[str, Any] = {"BACKEND": "newsletters.sending.transport.smtp.SmtpTransport", "OPTIONS": {}}
    FEEDBACK_SENDER: str = ""  # who sends, in Gmail's Feedback-ID: 5 to 15 letters and digits; "" takes the host's
    STORIES_PER_THEME: int = 4  # how many stories of one theme are gathered at most
    CLAIM_SIZE: int = 250  # deliveries that a worker claims at once
    BATCH_SIZE: int = 500  # deliveries that one task sends before it makes way for others
    MOST_PER_SECOND: int | None = None  # mails of all newsletters together; each has limits of its own beside these
    MOST_PER_MINUTE: int | None = None
    MOST_PER_HOUR: int | None = None
    MOST_PER_DAY: int | None = None
    WORKERS_PER_DISPATCH: int = 4  # how many workers send one dispatch at the same time, if there are as many
    SWEEP_SECONDS: int = 10  # how often the clock looks at the ledger for what is due
    TURN_SECONDS: int = 60  # how long a worker's turn at a dispatch holds without a sign of life
    LEASE_SECONDS: int = 180  # how long a claim holds without a sign of life; a worker gives one in a third of it
    RETRY_FIRST_SECONDS: int = 300  # wait before the first retry of a deferred delivery; doubles each time
    RETRY_MOST_SECONDS: int = 4 * 3600  # the longest wait between tries
    RETRY_FOR_SECONDS: int = 48 * 3600  # after this a deferred delivery is given up
    OUTAGE_SECONDS: int = 60  # wait after the mail server could not be reached
    MOST_REFUSED_PERCENT: int = 20  # a larger share of a batch that is refused for good pauses the sending; 100 never
    FOUR_EYES: bool = True  # whoever changed an issue since its last approval may not approve it
    SCHEDULE_LATE_SECONDS: int = 2 * 3600  # a scheduled issue that is later than this is not sent without asking
    CHECK_LINKS: bool = True  # whether links of an issue to other sites are asked for; off where nothing gets out
    LINK_FRESH_HOURS: int = 24  # how long what was found there holds
    LINK_PAUSE_SECONDS: int = 1  # wait between two questions to the same site
    SIGN_UPS_PER_HOUR: int = 20  # how often one client may ask for subscriptions, a website's server too
    LOCAL_DOMAINS: Sequence[str] = ()  # of your own network, with all below them: nobody else's may be written to there
    CONFIRM_WITHIN_DAYS: int = 7  # how long the link in a confirmation mail works


conf = Conf()
