"""A recording proxy, and a server that plays its recordings back. See docs/testing-the-model.md."""

from tests.recording.proxy import recording_proxy
from tests.recording.replaying import replaying_server
from tests.recording.scrubbing import Scrubber

__all__ = ["Scrubber", "recording_proxy", "replaying_server"]
