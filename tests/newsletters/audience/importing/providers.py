"""Exports in the form of other programs, with people who do not exist."""

from __future__ import annotations

MAILCHIMP = (
    '"Email Address","First Name","Last Name",LANGUAGE,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,'
    "LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION"
)
MAILCHIMP_SUBSCRIBED = (
    f"{MAILCHIMP},LAST_CHANGED,LEID,EUID,NOTES,TAGS\n"
    'ann@example.org,Ann,Example,nl,2,"2023-04-21 11:16:57",,"2023-04-21 11:18:02",192.0.2.7,,,,,,,,'
    '"2024-01-05 09:00:00",101,0a1b,met at the fair,"""Data"",""Old members"""\n'
)
MAILCHIMP_UNSUBSCRIBED = (
    f"{MAILCHIMP},UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,LEID,EUID,NOTES,TAGS\n"
    'bob@example.org,Bob,,xx,2,"2018-02-12 10:54:27",,nonsense,,,,,,,,,"2018-07-23 12:19:27",May,c1,'
    "NORMAL: no longer interested,,102,0a1c,,\n"
    'cas@example.org,Cas,,,2,"2018-02-12 10:54:27",,,,,,,,,,,"2019-07-23 12:19:27",May,c1,ABUSE,,103,0a1d,,\n'
)
MAILCHIMP_CLEANED = (
    f"{MAILCHIMP},CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID,EUID,NOTES,TAGS\n"
    'dee@example.org,Dee,,,1,"2018-02-05 19:28:23",,"2018-02-05 19:28:23",,,,,,,,,"2020-03-23 17:30:05",,,104,0a1e,,\n'
)
MAILCHIMP_NONSUBSCRIBED = f"{MAILCHIMP},LEID,EUID,NOTES,TAGS\neva@example.org,Eva,,,,,,,,,,,,,,,105,0a1f,,\n"

LISTMONK = (
    "uuid,email,name,attributes,status,created_at,updated_at\n"
    '5b3f,ann@example.org,Ann Example,"{""city"": ""Delft""}",enabled,2024-03-01 10:00:00.123456 +0000 +0000,'
    "2024-03-01 10:00:00 +0000 UTC\n"
    "5b40,bob@example.org,Bob,{},blocklisted,2024-03-01 10:00:00 +0000 UTC,2024-03-01 10:00:00 +0000 UTC\n"
    "5b41,cas@example.org,,{},disabled,2024-03-01 10:00:00 +0000 UTC,2024-03-01 10:00:00 +0000 UTC\n"
)

LAPOSTA = (
    "E-mailadres;Voornaam;Achternaam;Taal;Status;Aangemeld op;Afgemeld op;IP-adres;Bron\n"
    "ann@example.org;Zoë;Voorbeeld;Nederlands;Actief;31-12-2023 14:05:06;;192.0.2.7;Aanmeldformulier\n"
    "bob@example.org;Bob;;nl;Afgemeld;01-02-2023;02-03-2024;;\n"
    "cas@example.org;Cas;;;Opgeschoond;01-02-2023;;;\n"
    "dee@example.org;Dee;;;Onbevestigd;01-02-2023;;;\n"
)
LAPOSTA_MEMBERS = (  # the fields of its API, as several scripts write them
    "member_id,list_id,email,state,signup_date,ip,source_url\n"
    "m1,l1,ann@example.org,active,2023-12-31 14:05:06,192.0.2.7,https://example.org/join\n"
    "m2,l1,bob@example.org,unsubscribed,2023-12-31 14:05:06,,\n"
    "m3,l1,cas@example.org,cleaned,2023-12-31 14:05:06,,\n"
    "m4,l1,dee@example.org,unconfirmed,2023-12-31 14:05:06,,\n"
)
