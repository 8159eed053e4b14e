"""What is hidden until it is asked for: whole identity numbers (`Listing.reveal` logs it)."""

_SHOWN_FIRST, _SHOWN_LAST = 6, 4


def masked(number: str | None) -> str:
    """An identity number before it is shown: 320102********1234; a short one not at all."""
    if not number:
        return ""
    hidden = len(number) - _SHOWN_FIRST - _SHOWN_LAST
    if hidden <= 0:
        return "*" * len(number)
    return f"{number[:_SHOWN_FIRST]}{'*' * hidden}{number[-_SHOWN_LAST:]}"
