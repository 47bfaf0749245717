"""What can go wrong in the matcher; "no place" is an answer, never one of these."""


class MatcherError(Exception):
    """Base of every error the matcher raises on purpose."""


class ProblemError(MatcherError):
    """The problem given is not a valid one.

    Parameters
    ----------
    path : str
        Where it is wrong, as a path into the problem's JSON form (``requests[3].members``).
    message : str
        What is wrong and what would be right, in one sentence.
    """

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


class AnswerError(MatcherError):
    """An answer breaks a rule or does not add up; it must never be shown.

    Raised by `matcher.check`: the solver that produced the answer has a defect.
    """
