"""The crash test: real workers, real servers, killed at random moments; nothing may be lost or sent twice.

`make crash-test` runs all of it, `python -m tests.crash --help` says how to run a part; docs/operations.md explains
its lines. Nothing here is a pytest module: it needs databases and processes of its own.
"""
