"""A short reply that asks to get no more mail is recognised, in Dutch and English; what it quotes does not count."""

from __future__ import annotations

import time

import pytest

from newsletters.results.incoming.kinds import AutomaticReply, Reply
from newsletters.results.incoming.leaving_words import asks_to_leave
from newsletters.results.incoming.reports import read_report
from tests.newsletters.results.incoming.samples import sample

QUOTE = """

On Thu, 5 Nov 2026 at 10:00, Innovation Hub <letter@hub.example.org> wrote:

> News of the month
> To unsubscribe: https://hub.example.org/n/u/1
"""
QUOTES = [
    "",
    QUOTE,
    "\n\nOp do 5 nov 2026 om 10:00 schreef Innovation Hub\n<letter@hub.example.org>:\n\n> U kunt zich afmelden\n",
    "\n\n-----Oorspronkelijk bericht-----\nVan: Innovation Hub\nAfmelden: https://hub.example.org/n/u/1\n",
    "\n\n________________________________\nFrom: Innovation Hub\nSent: Thursday\nUnsubscribe here\n",
    "\nVan: Innovation Hub <letter@hub.example.org>\nVerzonden: donderdag 5 november\nAan: Ann\nAfmelden\n",
    "\n-- \nAnn\nUnsubscribe expert\n",
]
ASKING = """
    STOP / stop! / Unsubscribe / unsubscribe me please / Please remove me / please remove me from your list
    Take me off this list. / Please stop sending me these. / I want to opt out / No more emails please
    How do I unsubscribe? / I don't want these mails, please remove me. / Remove my email address
    I no longer wish to receive this / I don't want to get your newsletter
    afmelden / Afmelden a.u.b. / Graag uitschrijven / Ik wil mij graag uitschrijven. / Ik wil me afmelden svp
    Schrijf mij uit / schrijf me alstublieft uit / Meld mij af / Wilt u mij uitschrijven voor de nieuwsbrief?
    Ik wil geen nieuwsbrieven meer / Geen mails meer alsjeblieft / Verwijder mij uit uw lijst / Haal me van de lijst
    Hoe krijg ik mij af te melden / Ik wil de nieuwsbrief opzeggen / Stop met mailen
    Ik wil deze brief niet meer ontvangen
"""
NOT_ASKING = """
    Thanks, a good read! / Bedankt, mooi stuk. / Will you be there on Friday? / When does the bus stop here?
    Please do not remove me from the list! / Schrijf mij niet uit / Ik wil me niet afmelden / Never unsubscribe me
    I don't want to unsubscribe / How do others unsubscribe? I do not want to unsubscribe.
    I would like to unsubscribe my colleague, how? / Please unsubscribe our former manager / Unsubscribe him please
    Mijn collega wil zich afmelden / Kunt u mijn vrouw uitschrijven? / Graag mijn oud-collega uitschrijven
    Please remove us on behalf of the museum / Ik wil hem graag afmelden / Can somebody else unsubscribe for me?
    Kunnen wij Bob toevoegen? / I can't remove the stain / Het schrijven van de tekst
"""
STORY = "Please unsubscribe me. " + "I also wanted to tell you about the meeting that we had last week in town. " * 2
LONG = "Mijn collega wil zich afmelden voor de bijeenkomst, " + "en verder wilde ik nog iets vragen. " * 9


def phrases(table: str) -> list[str]:
    return [phrase.strip() for line in table.strip().splitlines() for phrase in line.split(" / ")]


def letter(words: str, *, subject: str = "Re: News of the month", kind: str = "text/plain", more: str = "") -> bytes:
    head = f"From: Ann <ann@example.org>\nSubject: {subject}\n{more}Content-Type: {kind}; charset=utf-8\n\n"
    return (head + words).encode()


@pytest.mark.parametrize("quote", QUOTES)
@pytest.mark.parametrize("words", [*phrases(ASKING), "Beste,\n\nGraag afmelden.\n\nAnn"])
def test_who_asks_to_get_no_more_mail_is_understood(words: str, quote: str) -> None:
    report = read_report(letter(words + quote))
    assert isinstance(report, Reply)
    assert report.asks_to_leave


@pytest.mark.parametrize("quote", QUOTES)
@pytest.mark.parametrize("words", ["", LONG, STORY, *phrases(NOT_ASKING)])
def test_who_writes_something_else_or_only_quotes_it_is_not_asking(words: str, quote: str) -> None:
    report = read_report(letter(words + quote))
    assert isinstance(report, Reply)
    assert not report.asks_to_leave


def test_a_quotation_in_html_does_not_count() -> None:
    quoted = '<div class="gmail_quote">On Thu, Hub wrote:<blockquote>Unsubscribe<div>here</div></blockquote></div>'
    for words, expected in (("<div>Thanks!</div>", False), ("<p>Graag <b>afmelden</b></p>", True)):
        report = read_report(letter(words + quoted, kind="text/html"))
        assert isinstance(report, Reply)
        assert report.asks_to_leave is expected


@pytest.mark.parametrize("subject", ["unsubscribe", "Afmelden", "STOP!", "Uitschrijven."])
def test_a_subject_that_says_nothing_else_counts(subject: str) -> None:
    report = read_report(letter("", subject=subject))
    assert isinstance(report, Reply)
    assert report.asks_to_leave


@pytest.mark.parametrize("subject", ["Re: unsubscribe", "Afmelden kan tot vrijdag", "Re: Stop de klok"])
def test_a_subject_that_answers_ours_does_not_count(subject: str) -> None:
    report = read_report(letter("Leuk!", subject=subject))
    assert isinstance(report, Reply)
    assert not report.asks_to_leave


@pytest.mark.parametrize(
    "sign", ["Auto-Submitted: auto-replied", "Precedence: bulk", "X-Autoreply: yes", "Return-Path: <>"]
)
def test_a_program_asks_for_nothing(sign: str) -> None:
    away = "I am away. To get no more emails from me, unsubscribe."
    assert isinstance(read_report(letter(away, more=f"{sign}\n")), AutomaticReply)


def test_the_samples_are_understood() -> None:
    for name, expected in (("reply_unsubscribe_in_words", True), ("reply_quoting", False)):
        report = read_report(sample(name))
        assert isinstance(report, Reply)
        assert report.asks_to_leave is expected


@pytest.mark.parametrize(
    "words", ["on " * 5000, "van: " * 5000, "not " * 5000, "meld me " * 5000, "-" * 10_000, " " * 10_000]
)
def test_long_words_take_no_time(words: str) -> None:
    start = time.process_time()
    assert not asks_to_leave(subject="", words=words[:10_000])
    assert time.process_time() - start < 5
