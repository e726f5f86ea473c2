"""The words of the mock model: what a role says when no model is asked.

A reply is a pure function of the situation: no clock, no network, no state. The classroom with its
own topic speaks a written conversation; every other topic, cast and language is improvised.
"""

from brainstorm_agents.voices.situation import Heard, Situation
from brainstorm_agents.voices.speak import reply

__all__ = ["Heard", "Situation", "reply"]
