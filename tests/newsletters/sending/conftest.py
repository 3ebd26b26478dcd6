"""What several tests of sending need."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from tests.newsletters.sending.authority import Authority


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: Any) -> Iterator[dict[str, ssl.SSLContext]]:
    """Servers' certificates by kind, of an authority that this program trusts."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl here to make certificates with")
    authority = Authority(tmp_path_factory.mktemp("authority"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(authority.place / "ca.pem"))
        yield {
            "good": authority.certify("good"),
            "self-signed": authority.certify("self-signed"),
            "expired": authority.certify("expired", ends="20200201000000Z"),
            "wrong host": authority.certify("wrong-host", name="DNS:mail.other.test"),
        }
