"""The newsletter's settings: the keys of `HUB_NEWSLETTERS` with their defaults, read at each access."""

from collections.abc import Sequence
from typing import Any

from cms.conf import Conf as _Conf


class Conf(_Conf):
    """All settings of the newsletter."""

    group = "HUB_NEWSLETTERS"

    PUBLIC_URL: str = "http://localhost:8000"  # of the pages for subscribers; no slash at the end
    TRANSPORT: dict[str, Any] = {"BACKEND": "newsletters.sending.transport.smtp.SmtpTransport", "OPTIONS": {}}
    FEEDBACK_SENDER: str = ""  # the sender in Gmail's Feedback-ID: 5 to 15 letters and digits; "" uses the host
    BOUNCE_ADDRESS: str = ""  # where bounces go, with a token for each mail; "" uses the newsletter's sender
    UNSUBSCRIBE_ADDRESS: str = ""  # for unsubscribing by mail, with a token for each reader; "" uses its Reply-To
    BOUNCE_MAILBOX: str = ""  # where mails to both are read: imaps://user:password@host/INBOX; "" reads none
    REPLIES_TO: str = ""  # who gets mails of people that arrive by LMTP or a pipe; "" refuses such mails
    PROVIDER_WEBHOOKS: Sequence[str] = ()  # of anymail's providers, whose reports are taken at /n/e/<provider>
    STORIES_PER_THEME: int = 4  # the most stories of one theme that are gathered
    CLAIM_SIZE: int = 250  # deliveries that a worker claims at once
    BATCH_SIZE: int = 500  # deliveries that one task sends before it lets others run
    MOST_PER_SECOND: int | None = None  # mails of all newsletters together; each also has its own limits
    MOST_PER_MINUTE: int | None = None
    MOST_PER_HOUR: int | None = None
    MOST_PER_DAY: int | None = None
    WORKERS_PER_DISPATCH: int = 4  # the most workers that send one dispatch at the same time
    SWEEP_SECONDS: int = 10  # how often the clock looks for what is due in the ledger
    TURN_SECONDS: int = 60  # how long a worker keeps its slot at a dispatch without a sign of life
    LEASE_SECONDS: int = 180  # how long a claim holds without a sign of life; workers give one every third of it
    RETRY_FIRST_SECONDS: int = 300  # wait before the first retry of a deferred delivery; doubles each time
    RETRY_MOST_SECONDS: int = 4 * 3600  # the longest wait between attempts
    RETRY_FOR_SECONDS: int = 48 * 3600  # after this a deferred delivery is given up
    OUTAGE_SECONDS: int = 60  # how long to wait if the mail server cannot be reached
    MOST_REFUSED_PERCENT: int = 20  # pause the sending if more of a batch is rejected; 100 never pauses
    FOUR_EYES: bool = True  # whoever changed an issue since its last approval may not approve it
    SCHEDULE_LATE_SECONDS: int = 2 * 3600  # a scheduled issue that is later than this is not sent without asking
    CHECK_LINKS: bool = True  # whether links to other sites are checked; turn it off without internet access
    LINK_FRESH_HOURS: int = 24  # how long a link's result stays fresh
    LINK_PAUSE_SECONDS: int = 1  # wait between two requests to the same site
    SIGN_UPS_PER_HOUR: int = 20  # how often one client may sign up readers, a website's server included
    SIGN_UPS_PER_HOUR_NETWORK: int = 60  # all clients of one network together: an IPv4 /24, an IPv6 /48
    SIGN_UPS_PER_HOUR_NEWSLETTER: int = 1000  # for one newsletter, from anywhere
    SIGN_UPS_PER_HOUR_SITE: int = 2000  # for all newsletters together
    SIGN_UPS_PER_HOUR_UNPROVEN: int = 5  # one client, with a form on another site, or without a proof of work
    SIGN_UPS_PER_HOUR_UNPROVEN_NEWSLETTER: int = 100  # the same for one newsletter, from anywhere
    SIGN_UP_LEAST_SECONDS: int | None = 2  # who sends the sign-up form in sooner has to press again; None: nobody
    PROOF_OF_WORK: bool = False  # whether sign-ups without a proof of work fall under the stricter limits
    PROOF_OF_WORK_COST: int = 5000  # rounds of PBKDF2 for each of the 256 keys that are tried on average
    API_KEY_REQUESTS_PER_MINUTE: int = 300  # how often another system may ask with one key
    MOST_CONFIRMATIONS: int = 3  # mails to an address that nobody confirms; at most one a day
    SOFT_REFUSALS: int = 3  # issues in a row that a server refuses before the subscription is set aside
    PERSON_LINK_HOURS: int = 24  # how long the link to a person's own page works
    UNDO_ADDRESS_DAYS: int = 7  # how long a change of address can be undone from the former address
    KEEP_ENDED_DAYS: int = 28  # how long people are kept after their last subscription ended
    UNDO_BULK_DAYS: int = 7  # how long a change of many readers can be undone
    KEEP_REPLIES_DAYS: int = 90  # how long a mail server's replies, which quote addresses, are kept after a sending
    SLEEPING_MONTHS: int = 36  # without a sign of life, though mails arrive, after which a reader counts as sleeping
    ASK_SLEEPING: bool = False  # whether sleeping readers are asked by one mail if they still want the newsletter
    ANSWER_DAYS: int = 30  # how long they have to answer before their subscription ends
    KEEP_SIGN_UPS_DAYS: int = 14  # how long a request that nobody confirmed is kept
    SUPPRESSION_KEY: str = ""  # recognises erased addresses; a secret that never changes, outside the database
    ERASED_JOURNAL: str = ""  # a file outside the database that remembers whom not to mail again; "" keeps none
    LOCAL_DOMAINS: Sequence[str] = ()  # of your own network, with their subdomains, that mails may be sent to
    CONFIRM_WITHIN_DAYS: int = 7  # how long the link in a confirmation mail works
    KEEP_IMPORTS_DAYS: int = 30  # how long an import can be undone, and its report be looked at
    IMPORT_LEASE_SECONDS: int = 180  # after this time without a sign of life an import is taken up again
    IMPORT_MOST_MEGABYTES: int = 100  # the largest file that can be imported
    IMPORT_MOST_UNPACKED_MEGABYTES: int = 200  # the most in an XLSX or ODS file; memory: up to four times it
    IMPORT_MOST_COLUMNS: int = 200  # the most columns of an imported table
    IMPORT_MOST_CELL_CHARACTERS: int = 10_000  # the most characters of one cell of an imported table


conf = Conf()
