"""What an export loads: neither the screen's libraries nor the providers'."""

import subprocess
import sys
from collections.abc import Callable

from brainstorm_agents.reader import Log

HEAVY = {"textual", "rich", "litellm", "openai", "httpx"}

TELLING = """
import sys
from pathlib import Path
from brainstorm_agents.reader import read
from brainstorm_tui.exports import FORMATS, exporter
log = read(Path(sys.argv[1]))
for name in FORMATS:
    "".join(exporter(name)(log))
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_no_export_loads_the_screen_or_a_provider(logs: Callable[[str], Log]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TELLING, str(logs("mixed").path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not set(done.stdout.split()) & HEAVY
