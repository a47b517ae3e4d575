"""Reads what people type and addresses carry."""


def whole(text: str) -> int | None:
    """A whole number from 0 up to nine digits; None for anything else.

    >>> whole(" 12 "), whole("-1"), whole("²"), whole("9" * 30)
    (12, None, None, None)
    """
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
