"""What can be done about mails that did not arrive, or may not have: each module is one verb."""
