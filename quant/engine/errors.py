"""What the engine raises for input that it will not measure."""


class UnusableInput(Exception):
    """Input that cannot be measured: `code` is one of codes.CODES, `detail` one line for a person."""

    def __init__(self, code: str, detail: str) -> None:
        # Decoders and parsers say why in many lines.
        self.detail = " ".join(detail.split())
        super().__init__(f"{self.detail} ({code})")
        self.code = code
