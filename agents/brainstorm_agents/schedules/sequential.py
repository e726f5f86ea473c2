"""One after another: the same turns as at once, one call at a time, in the cast's order.

Each sees the round's start and the replies are published at its end, so what is said is what would
have been said at once. Only the time is another.
"""

from brainstorm_agents.schedules import simultaneous
from brainstorm_agents.schedules.plan import Schedule

SCHEDULE = Schedule("sequential", simultaneous.plan, is_one_at_a_time=True)
