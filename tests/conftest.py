"""What all tests need."""

import signal

# What is started in the background inherits that Ctrl-C is ignored, and so would all the programs
# that a test starts to interrupt them: it would wait for them without end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
