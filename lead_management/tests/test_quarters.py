"""Quarters: functions without a database."""

from datetime import date

from odoo.tests import BaseCase, tagged

from ..tools.quarters import fiscal_quarter, fiscal_quarters, quarters_from


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
