"""Text as programs write it to files: UTF-8, or what Windows makes of it. Owns telling them apart."""

import codecs


def text_of(data: bytes) -> str:
    """Return a file's text: UTF-8 with or without a mark, or UTF-16 with one, as `>` writes in Windows PowerShell 5.

    Raises:
        UnicodeDecodeError: it is neither.
    """
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if is_wide else "utf-8-sig")
