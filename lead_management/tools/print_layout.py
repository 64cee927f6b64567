"""Where things go on printed pages: bars, axes, columns of a table, page breaks."""

import math
import textwrap
import unicodedata


def axis(low, high, steps=4):
    """Round marks of an axis that reaches from ``low`` or lower to ``high`` or higher.

    :param float low: the lowest value; 0 is always on the axis
    :param float high: the highest value
    :param int steps: about how many steps the axis has
    :return: list of floats, ascending, evenly spaced by 1, 2, 2.5 or 5 times a power of ten
    """
    low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        high = 1.0
    raw = (high - low) / steps
    power = 10.0 ** math.floor(math.log10(raw))
    step = power * next(
        factor for factor in (1, 2, 2.5, 5, 10) if raw <= power * factor * (1 + 1e-9)
    )
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, last + 1)]


def offset(value, marks, height):
    """How far below the top of the chart ``value`` is.

    :param float value: within the axis
    :param marks: what :func:`axis` returned
    :param float height: height of the chart, in any unit
    """
    return (marks[-1] - value) / (marks[-1] - marks[0]) * height


def bar(value, marks, height):
    """A bar from zero to ``value``; one below zero hangs down.

    :param float value: within the axis
    :param marks: what :func:`axis` returned
    :param float height: height of the chart, in any unit
    :return: (top, height) of the bar, in the same unit
    """
    zero, end = offset(0.0, marks, height), offset(value, marks, height)
    return min(zero, end), abs(zero - end)


def columns_per_table(texts, width, character_width, padding):
    """How many columns of figures fit beside each other, one at least.

    :param texts: everything the columns say; the longest decides
    :param float width: what the columns have together
    :param float character_width: of one character, in the same unit
    :param float padding: of one column, in the same unit
    """
    longest = max((len(text) for text in texts), default=1)
    return max(int(width / (longest * character_width + padding)), 1)


def split_columns(columns, maximum):
    """The columns in as few tables as possible, about as many in each.

    :param columns: list
    :param int maximum: how many columns a table may have, one at least
    :return: list of lists, in order, together the same as ``columns``
    """
    tables = max(math.ceil(len(columns) / maximum), 1)
    size, rest = divmod(len(columns), tables)
    result, start = [], 0
    for number in range(tables):
        end = start + size + (number < rest)
        result.append(columns[start:end])
        start = end
    return result


def line_count(text, width, font_size):
    """How many lines ``text`` takes, rather too many than too few.

    :param str text: words, or one long word, in any script
    :param float width: of the line, in px
    :param float font_size: in px
    """
    # broad Latin fonts take 0.65 of their size per letter, Chinese ones twice that
    text = "".join(
        letter * 2 if unicodedata.east_asian_width(letter) in "WF" else letter for letter in text
    )
    return max(len(textwrap.wrap(text, max(int(width / (0.65 * font_size)), 1))), 1)


def flow(blocks, page_height, together=3):
    """Spread blocks of rows over pages, so that no row is cut and each part has its heading.

    wkhtmltopdf without Qt's patches cuts rows of tables at the end of a page and does not
    repeat their headings: what is printed gets its page breaks beforehand.

    :param blocks: list of (height of the heading, list of heights of rows)
    :param float page_height: in the same unit
    :param int together: at least so many rows of a block are on its first page, so a block of
        no more is on one
    :return: list of (number of the block, first row, row after the last, on a new page)
    """
    parts, used, new_page = [], 0.0, False
    for number, (heading, rows) in enumerate(blocks):
        start = 0
        while start < len(rows):
            end, height = start, used + heading
            while end < len(rows) and height + rows[end] <= page_height:
                height += rows[end]
                end += 1
            if used and end - start < min(together, len(rows) - start):
                used, new_page = 0.0, True
                continue
            if end == start:  # higher than a page, whatever we do
                end, height = start + 1, page_height
            parts.append((number, start, end, new_page))
            used, new_page = height, end < len(rows)
            if new_page:
                used = 0.0
            start = end
    return parts
