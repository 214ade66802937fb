"""What the engine raises for input that it will not measure."""


class UnusableInput(Exception):
    """Input that cannot be measured: `code` is one of quality.CODES, `detail` one line for a person."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{detail} ({code})")
        self.code = code
        self.detail = detail
