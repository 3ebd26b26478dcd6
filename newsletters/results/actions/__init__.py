"""What staff can do about mails that did not arrive or may not have arrived: each module is one verb."""
