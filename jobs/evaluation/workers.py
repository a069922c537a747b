"""Processes that read files side by side. Nothing of Django may be imported here: it is set up by what stands here."""

import signal

import django


def set_up() -> None:
    """Of a new process: Django, and Ctrl-C left to the process that asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    django.setup()
