"""What can go wrong. Messages name the fix; `exit_code` is what a command line run ends with."""


class AgentError(Exception):
    exit_code = 1


class ConfigError(AgentError):
    """agent.env or the environment cannot be used."""

    exit_code = 3


class NeedsRoot(AgentError):
    exit_code = 4


class UpdateRefused(AgentError):
    """The offered release is not installed. `code` is stable."""

    exit_code = 5

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Unreachable(AgentError):
    """No usable connection to the other side: name, route, TLS or time."""

    exit_code = 6


class BadAnswer(AgentError):
    """The other side answered with something that is not our protocol."""

    exit_code = 6


class JobRefused(AgentError):
    """The job is not run. `code` is stable and goes into the completion."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class StepFailed(AgentError):
    """A step of a command did not work. The message is shown to the operator."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
