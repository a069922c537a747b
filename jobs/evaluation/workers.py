"""Processes that read files side by side. No app may be imported here: a new process imports this before
Django is set up, which is what stands here.
"""

import signal

import django


def set_up() -> None:
    """Of a new process: Django, and Ctrl-C left to the process that asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    django.setup()
