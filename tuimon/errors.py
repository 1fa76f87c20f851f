"""What the user can mend: one line that says what happened and what to try, and an exit status."""


class TuimonError(Exception):
    """A failure that is the situation's, not a bug. Shown as one line, never as a traceback."""

    status = 1

    def __init__(self, what: str, try_next: str = "", *, status: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.try_next = try_next
        if status is not None:
            self.status = status

    def __str__(self) -> str:
        return f"{self.what}; {self.try_next}" if self.try_next else self.what


class UsageError(TuimonError):
    """The command line asks for something that cannot be."""

    status = 2
