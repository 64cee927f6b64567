"""Amounts as people write them: read right, or not at all."""

import re

# 1.234,56 and 1,234.56; 1234,5 and 1234.5; 1.234.567; 1234
GROUPED = re.compile(r"^\d{1,3}(?:(?P<group>[.,])\d{3})(?:(?P=group)\d{3})*(?P<rest>[.,]\d+)?$")
PLAIN = re.compile(r"^\d+(?:(?P<decimal>[.,])(?P<digits>\d*))?$")
SPACES = re.compile(r"[\s\u00a0\u202f'’]")


class AmbiguousAmount(ValueError):
    """It can be read in two ways that differ by the factor of a thousand."""


def read_amount(text, currency_signs=(), decimal=None):
    """The number in a text.

    :param str text: as ``1.234,56 €``
    :param currency_signs: what may stand before or after it
    :param str decimal: the decimal mark, where something else says so
    :return: the number as ``float`` takes it, a str
    :raises AmbiguousAmount: as ``1.234`` is where ``decimal`` is not known
    :raises ValueError: when it is no number, or has another decimal mark
    """
    digits, sign = _strip(text, currency_signs)
    found = _find_decimal(digits)
    if found == "?":
        if not decimal:
            raise AmbiguousAmount(text)
    elif found and decimal and found != decimal:
        raise ValueError(text)
    mark = decimal if found == "?" else found
    whole, _mark, rest = digits.partition(mark) if mark else (digits, "", "")
    return f"{sign}{re.sub('[.,]', '', whole)}.{rest or 0}"


def find_decimal_mark(texts, currency_signs=()):
    """The decimal mark that a column of texts proves; None when it proves none, or both.

    :param texts: iterable of str; what is no number says nothing
    :rtype: str or None
    """
    marks = set()
    for text in texts:
        try:
            marks.add(_find_decimal(_strip(text, currency_signs)[0]))
        except ValueError:
            continue
    marks -= {None, "?"}
    return marks.pop() if len(marks) == 1 else None


def _strip(text, currency_signs):
    """:return: (digits with their marks, sign)"""
    digits = SPACES.sub("", text)
    sign = ""
    if digits.startswith("(") and digits.endswith(")"):
        digits, sign = digits[1:-1], "-"
    for word in sorted(filter(None, currency_signs), key=len, reverse=True):
        for end in (digits.startswith, digits.endswith):
            if end(word):
                digits = digits.removeprefix(word).removesuffix(word)
    if digits[:1] in ("-", "+"):
        sign, digits = ("-" if digits[0] == "-" else sign), digits[1:]
    if not digits or not re.fullmatch(r"[\d.,]+", digits):
        raise ValueError(text)
    return digits, sign


def _find_decimal(digits):
    """:return: the decimal mark, None where there is none, ``?`` where it may be one or not"""
    other = {".": ",", ",": "."}
    if match := GROUPED.match(digits):
        group, rest = match["group"], match["rest"]
        if rest:
            if rest[0] == group:
                raise ValueError(digits)
            return rest[0]
        # several groups are no decimals; neither is what would begin with 0
        if digits.count(group) > 1:
            return other[group]
        return group if digits.startswith("0") else "?"
    if match := PLAIN.match(digits):
        return match["decimal"]
    raise ValueError(digits)
