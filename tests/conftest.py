"""What all tests need."""

import signal

from hypothesis import HealthCheck, settings

# What is started in the background inherits that Ctrl-C is ignored, and so would all the programs
# that a test starts to interrupt them: it would wait for them without end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No test asserts how long something takes, least of all on a busy machine.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
