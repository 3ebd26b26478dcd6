"""Certificates of a private authority."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

AUTHORITY = """
[ca]
default_ca = own
[own]
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
x509_extensions = leaf
unique_subject = no
[any]
commonName = supplied
[leaf]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


class Authority:
    """A private certificate authority, run with OpenSSL's command; it can also make expired certificates."""

    def __init__(self, place: Path) -> None:
        self.place = place
        (place / "ca.cnf").write_text(AUTHORITY)
        (place / "index").touch()
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        signs = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]  # Python 3.13 asks for it (RFC 5280, 4.2.1.3)
        self._run("req", "-x509", *new_key, *signs, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Authority")
        self._run("req", "-new", *new_key, "-keyout", "key", "-out", "unused", "-subj", "/CN=unused")

    def certify(self, kind: str, *, name: str = "IP:127.0.0.1", ends: str = "20400101000000Z") -> ssl.SSLContext:
        """Return what a server needs to show a certificate for this name, valid until then."""
        request = ["-key", "key", "-subj", f"/CN={kind}", "-addext", f"subjectAltName={name}"]
        if kind == "self-signed":
            self._run("req", "-x509", *request, "-out", kind)
        else:
            self._run("req", "-new", *request, "-out", f"{kind}.csr")
            asked = ["-in", f"{kind}.csr", "-out", kind, "-startdate", "20200101000000Z", "-enddate", ends]
            self._run("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", *asked)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.place / kind, self.place / "key")
        return context

    def _run(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.place, check=True, capture_output=True)
