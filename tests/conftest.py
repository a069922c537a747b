"""What holds for every test: property tests draw the same examples in every run.

`HYPOTHESIS_PROFILE=explore` draws new ones, and more of them, to look for what the fixed ones miss.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "fixed",
    max_examples=60,
    deadline=None,  # a busy machine is no defect
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("explore", settings.get_profile("fixed"), max_examples=2_000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))
