"""Phone numbers as digits, so that one number is found in whatever notation it is written."""

import re

# the digits that two people who write down the same number cannot agree on: a country's calling
# code (those of the ITU tell their own length), the zero that stands for it, both at once
COUNTRY_CODE = re.compile(r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9]\d{2}")
OPTIONAL_ZERO = re.compile(r"\(\s*0\s*\)")
NUMBER = re.compile(r"[\d\s+()\[\]./\\,;:_\-\u2010-\u2015]+")
# shorter ones are found, but do not tell who it is
TELLING_DIGITS = 6
FINDABLE_DIGITS = 3


def national_digits(number):
    """The digits of a phone number that every notation of it ends with.

    :param str number: as somebody typed it, whole or in part
    :return: the digits without calling code and leading zeros; empty when there are none
    """
    text = OPTIONAL_ZERO.sub("", number or "").strip()
    digits = re.sub(r"\D", "", text)
    if text.startswith("+") or digits.startswith("00"):
        digits = digits.lstrip("0")
        code = COUNTRY_CODE.match(digits)
        digits = digits[code.end() :] if code else ""
    return digits.lstrip("0")


def is_number(text):
    """Whether a search term can only be a phone number, or a part of one that can be found."""
    return bool(text and NUMBER.fullmatch(text) and len(national_digits(text)) >= FINDABLE_DIGITS)


def same_number_patterns(number):
    """Patterns of ``LIKE`` for the digits of the same number.

    What ends with it is the same number with more codes before it; what it ends with, the same
    one without the area code.

    :return: list; empty when the number is too short to tell
    """
    digits = national_digits(number)
    if len(digits) < TELLING_DIGITS:
        return []
    shorter = [digits[-length:] for length in range(TELLING_DIGITS, len(digits))]
    return [f"%{digits}", *shorter]
