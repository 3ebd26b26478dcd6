"""Where the demo keeps its files, and on which ports it listens; no Django is imported here."""

import os
import secrets
import socket
from pathlib import Path

DEMO_DIR = Path(os.environ.get("DEMO_DIR", Path(__file__).resolve().parent.parent / ".demo"))
DEMO_DIR.mkdir(parents=True, exist_ok=True)
DEMO_LIST = DEMO_DIR / "members.csv"  # to import


def free_port(first: int) -> int:
    """Return `first`, or the next free port on this machine; 0 asks for any."""
    for port in [0] if first == 0 else range(first, first + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit(f"No free port between {first} and {first + 99}: stop a server, then run the demo again.")


def held(port: int) -> socket.socket:
    """Return a socket that holds this port until it is closed, against other demos; raises OSError if it is taken."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        holder.bind(("127.0.0.1", port))
        holder.listen()
    except OSError:
        holder.close()
        raise
    return holder


def _kept_secret(name: str) -> str:
    """Return a random secret that stays the same from one run to the next."""
    path = DEMO_DIR / name
    if not path.exists():
        path.write_text(secrets.token_urlsafe(40))
        path.chmod(0o600)
    return path.read_text()


# Child processes (the worker) inherit the ports that the first process chose.
FIRST_PORT = 8000
DEMO_PORT = int(os.environ.setdefault("DEMO_PORT", str(free_port(FIRST_PORT))))
DEMO_SMTP_PORT = int(os.environ.setdefault("DEMO_SMTP_PORT", str(free_port(0))))
DEMO_INBOX = DEMO_DIR / "inbox"
SECRET_KEY = _kept_secret("secret_key")
