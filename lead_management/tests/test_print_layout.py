"""Where things go on printed pages, and quarters: functions without a database."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.print_layout import axis, bar, columns_per_table, flow, line_count, split_columns
from ..tools.quarters import fiscal_quarter, fiscal_quarters, quarters_from

AMOUNTS = st.floats(-1e12, 1e12, allow_nan=False).map(lambda value: round(value, 2))


@tagged("post_install", "-at_install")
class TestPrintLayout(BaseCase):
    def test_axis_of_plain_values(self):
        self.assertEqual(axis(0, 2_104_000), [0, 1_000_000, 2_000_000, 3_000_000])
        self.assertEqual(axis(-30, 100), [-50, 0, 50, 100])
        self.assertEqual(axis(0, 100), [0, 25, 50, 75, 100])
        self.assertEqual(axis(0, 0)[0], 0, "an axis also when there is nothing")

    @given(AMOUNTS, AMOUNTS)
    def test_bars_stay_in_the_chart_and_end_at_zero(self, one, other):
        low, high = min(one, other), max(one, other)
        marks = axis(low, high)
        self.assertLessEqual(len(marks), 8)
        self.assertIn(0.0, marks)
        for value in (low, high):
            top, height = bar(value, marks, 100)
            self.assertGreaterEqual(top, -1e-6)
            self.assertLessEqual(top + height, 100 + 1e-6)
            zero = bar(0.0, marks, 100)[0]
            self.assertAlmostEqual(zero, top + height if value >= 0 else top)

    def test_bars_are_to_scale(self):
        marks = axis(0, 100)
        self.assertEqual(bar(100, marks, 200), (0, 200))
        self.assertEqual(bar(25, marks, 200), (150, 50))

    @given(st.lists(st.integers(), max_size=40), st.integers(1, 20))
    def test_split_columns_keeps_all_in_order(self, columns, maximum):
        tables = split_columns(columns, maximum)
        self.assertEqual([column for table in tables for column in table], columns)
        self.assertLessEqual(max(map(len, tables)), maximum)
        self.assertLessEqual(max(map(len, tables)) - min(map(len, tables)), 1)

    def test_columns_per_table(self):
        self.assertEqual(columns_per_table(["1,00", "1.000,00"], 100, 2, 4), 5)
        self.assertEqual(columns_per_table(["1" * 500], 100, 2, 4), 1)
        self.assertEqual(columns_per_table([], 100, 2, 4), 16)

    def test_line_count(self):
        self.assertEqual(line_count("", 100, 10), 1)
        self.assertEqual(line_count("a" * 15, 100, 10), 1)
        self.assertEqual(line_count("a" * 16, 100, 10), 2)
        self.assertEqual(line_count("屋" * 15, 100, 10), 2)

    @given(
        st.lists(
            st.tuples(st.integers(0, 30), st.lists(st.integers(1, 130), min_size=1, max_size=50)),
            max_size=6,
        ),
        st.integers(1, 12),
    )
    def test_pages_hold_every_row_once_and_are_not_too_full(self, blocks, together):
        parts = flow(blocks, 100, together)
        rows = [(number, row) for number, start, end, _new in parts for row in range(start, end)]
        self.assertEqual(
            rows,
            [
                (number, row)
                for number, (_heading, heights) in enumerate(blocks)
                for row in range(len(heights))
            ],
        )
        used = 0
        for number, start, end, new_page in parts:
            heading, heights = blocks[number]
            used = (0 if new_page else used) + heading + sum(heights[start:end])
            if used > 100:
                self.assertEqual(end - start, 1, "only what is higher than a page")
                used = 100

    def test_a_block_stays_together_where_a_page_holds_it(self):
        self.assertEqual(
            flow([(10, [50]), (10, [10] * 5)], 100, 5), [(0, 0, 1, False), (1, 0, 5, True)]
        )
        self.assertEqual(
            flow([(10, [50]), (10, [10] * 5)], 100, 3),
            [(0, 0, 1, False), (1, 0, 3, False), (1, 3, 5, True)],
        )


@tagged("post_install", "-at_install")
class TestQuarters(BaseCase):
    def test_quarters_from_the_last_and_the_first_day(self):
        self.assertEqual(
            quarters_from(date(2026, 12, 31), 2),
            [date(2026, 10, 1), date(2027, 1, 1), date(2027, 4, 1)],
        )
        self.assertEqual(quarters_from(date(2027, 1, 1), 0), [date(2027, 1, 1)])

    def test_fiscal_quarters(self):
        self.assertEqual(fiscal_quarter(date(2026, 12, 31), 12, 31), "2026 Q4")
        self.assertEqual(fiscal_quarter(date(2026, 3, 31), 3, 31), "2025/26 Q4")
        self.assertEqual(fiscal_quarter(date(2026, 4, 1), 3, 31), "2026/27 Q1")
        self.assertEqual(fiscal_quarter(date(2026, 4, 5), 4, 5), "2025/26 Q4")
        self.assertEqual(fiscal_quarter(date(2026, 4, 6), 4, 5), "2026/27 Q1")

    def test_a_quarter_may_touch_two_fiscal_ones(self):
        self.assertEqual(fiscal_quarters(date(2026, 4, 1), 3, 31), "2026/27 Q1")
        self.assertEqual(fiscal_quarters(date(2026, 7, 1), 4, 30), "2026/27 Q1–Q2")
        self.assertEqual(fiscal_quarters(date(2026, 4, 1), 4, 30), "2025/26 Q4 – 2026/27 Q1")
