"""The pages of the printed quarterly pipeline: what stands on which, by its height.

All sizes are CSS pixels as wkhtmltopdf prints them at 90 dpi: 0.6 pt each with Qt's patches,
0.55 pt without them. The stylesheet of the report has the same sizes.
"""

from .print_layout import columns_per_table, flow, line_count, split_columns

PX_IN_MM = 0.6 * 25.4 / 72
MARGINS = 24  # above and below, and left and right, in mm
SPARE = 6  # px at the end of a page

FONT, LINE, PADDING = 12, 16.2, 5
TITLE = 136  # company and key figures
HEADING = 41  # a block's margin and its title
CHART_HEIGHTS = (150, 240)  # at least, at most
TOGETHER = 12  # so many rows of a table stay on one page

# parts of the page's width
LIST_WIDTHS = {"name": 0.33, "stage": 0.12, "owner": 0.12, "dates": 0.17}
BIGGEST_WIDTHS = {**LIST_WIDTHS, "name": 0.27}
STAGE_WIDTH, AMOUNTS_WIDTH = 0.15, 0.8


def page_size(width, height):
    """What a page in landscape holds, in px.

    :param width: of the paper in mm, either way round
    :param height: likewise
    """
    long, short = max(width, height), min(width, height)
    return (long - MARGINS) / PX_IN_MM, (short - MARGINS) / PX_IN_MM - SPARE


def split_tables(columns, texts, width):
    """The columns of the quarters' table, over several tables where they do not fit.

    :param columns: list
    :param texts: everything that stands in them
    :param float width: of the page
    :return: list of lists of columns
    """
    fitting = columns_per_table(texts, width * AMOUNTS_WIDTH, 0.66 * FONT, 10)
    # headings need room too, however small the amounts are
    return split_columns(columns, min(fitting, 11))


def lay_out(pipeline, width, height):
    """The parts of one company's pages, in order.

    :param dict pipeline: ``stages``, ``tables``, ``biggest``, ``overdue``, ``undated``,
        ``notes`` as the report prepares them
    :param float width: of the page
    :param float height: of the page
    :return: list of dicts: ``kind``, ``rows``, ``is_first``, ``is_last``, ``new_page``, and
        ``columns``, ``height`` or ``list`` where there are any
    """
    blocks = [({"kind": "title"}, (0, [TITLE]), [None])]
    if pipeline["stages"]:
        blocks += [_quarters(pipeline, columns, width) for columns in pipeline["tables"]]
        blocks += [_chart(blocks, pipeline["tables"], width, height), *_lists(pipeline, width)]
    else:
        blocks.append(({"kind": "empty"}, (0, [40]), [None]))
    notes = sum(line_count(note, width, FONT - 1) * LINE for note in pipeline["notes"])
    blocks.append(({"kind": "notes"}, (0, [24 + notes]), [None]))
    parts = flow([heights for _block, heights, _rows in blocks], height, TOGETHER)
    result = []
    for number, start, end, new_page in parts:
        block, _heights, rows = blocks[number]
        result.append(
            {
                **block,
                "rows": rows[start:end],
                "is_first": start == 0,
                "is_last": end == len(rows),
                "new_page": new_page,
            }
        )
    return result


def _quarters(pipeline, columns, width):
    """One table of quarters: a row per phase, two lines each, and the totals with the last."""
    fiscal_width = width * AMOUNTS_WIDTH / len(columns)
    fiscal = max(line_count(column["fiscal"] or "", fiscal_width, FONT - 2) for column in columns)
    heading = HEADING + LINE * (1 + fiscal) + PADDING
    rows = [
        (line_count(f"{row['name']} {row['probability']}", width * STAGE_WIDTH - 10, FONT) + 1)
        * LINE
        + 2 * PADDING
        for row in pipeline["stages"]
    ]
    rows[-1] += 2 * (LINE + PADDING) + 2
    return {"kind": "quarters", "columns": columns}, (heading, rows), pipeline["stages"]


def _chart(before, tables, width, height):
    """The chart, as high as the page's rest allows where there is one table before it."""
    labels = [column["fiscal"] or "" for columns in tables for column in columns]
    fiscal = max(line_count(label, width * 0.9 / len(labels), FONT - 2) for label in labels)
    frame = HEADING + 16 + LINE * (1 + fiscal)
    used = sum(heading + sum(rows) for _block, (heading, rows), _rows in before)
    smallest, highest = CHART_HEIGHTS
    chart = min(height - used - frame, highest)
    if chart < smallest:
        chart = highest
    return {"kind": "chart", "height": chart}, (0, [frame + chart]), [None]


def _lists(pipeline, width):
    heading = HEADING + LINE + PADDING
    if pipeline["biggest"]:
        heights = [_lead_height(row, BIGGEST_WIDTHS, width) for row in pipeline["biggest"]]
        yield {"kind": "biggest"}, (heading, heights), pipeline["biggest"]
    for kind in ("overdue", "undated"):
        leads = pipeline[kind]
        if leads["rows"]:
            heights = [_lead_height(row, LIST_WIDTHS, width) for row in leads["rows"]]
            heights[-1] += 2 * (LINE + PADDING) + 2  # and so many more, total
            yield {"kind": kind, "list": leads}, (heading, heights), leads["rows"]


def _lead_height(row, widths, width):
    lines = max(line_count(row[key], part * width - 10, FONT) for key, part in widths.items())
    return lines * LINE + PADDING
