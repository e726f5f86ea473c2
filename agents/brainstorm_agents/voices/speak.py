"""Who finds the words: the written conversation while it fits, the improviser otherwise."""

from brainstorm_agents.voices.improvise import answer_user, improvise
from brainstorm_agents.voices.situation import Situation
from brainstorm_agents.voices.written import written_line


def reply(situation: Situation) -> str:
    """What the role says in this situation: never empty, and depending on nothing else.

    A word from the user does not end a written conversation: it is taken up first, and the
    written line follows.
    """
    line = written_line(situation)
    if line is None:
        return improvise(situation)
    aside = answer_user(situation, "asides")
    return f"{aside}\n\n{line}" if aside else line
