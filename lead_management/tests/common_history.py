"""A clock for the history of leads, and readers of the figures that come from it."""

from contextlib import contextmanager
from datetime import date, datetime, time
from unittest.mock import patch

from dateutil.relativedelta import relativedelta

from odoo import fields

from .common import LeadManagementCommon

STATES = ("open", "open", "open", "hold", "won", "declined", "archived")


class LeadHistoryCommon(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.history = cls.env["crm.lead.history"]

    # ------------------------------------------------------------
    # The clock
    # ------------------------------------------------------------

    @classmethod
    def change_state(cls, number, lead):
        """Generated leads are in each of the states that reports tell apart."""
        state = STATES[number % len(STATES)]
        if state == "hold":
            lead.wake_up_date = cls.today() + relativedelta(days=10)
        elif state == "won":
            lead.action_set_won()
        elif state == "declined":
            lead.action_set_lost(lost_reason_id=cls.reason.id)
        elif state == "archived":
            lead.active = False
        return state

    @contextmanager
    def at(self, moment):
        """A transaction at ``moment``: what is changed in it is recorded when it ends.

        :param moment: naive ``datetime`` in UTC, its string, or a date (noon)
        """
        if isinstance(moment, date) and not isinstance(moment, datetime):
            moment = datetime.combine(moment, time(12))
        moment = fields.Datetime.to_datetime(moment)
        self.commit()
        with patch.object(self.env.cr, "now", lambda: moment):
            yield
            self.commit()

    def commit(self):
        """What a commit does before it commits."""
        self.env.flush_all()
        self.env.cr.precommit.run()

    # ------------------------------------------------------------
    # Readers
    # ------------------------------------------------------------

    def read_rows(self, lead):
        """The lead's rows of the history, oldest first."""
        return self.history.search([("lead_key", "=", lead.id)], order="date, id")

    def read_movements(self, date_from, date_to, leads=None, user=None, **context):
        """The rows of the movement report as (kind, date, amount, weighted), in its order."""
        report = self.env["crm.lead.movement.report"].with_user(user or self.env.user)
        rows = report.with_context(date_from=date_from, date_to=date_to, **context).search_fetch(
            [("move_key", "in", leads.ids)] if leads else [],
            ["kind", "date", "amount", "amount_weighted"],
        )
        return [
            (
                row.kind,
                fields.Date.to_string(row.date) or None,
                row.amount,
                row.amount_weighted,
            )
            for row in rows
        ]

    def read_snapshot(self, day, leads=None, user=None, **context):
        """The rows of the snapshot report, by lead id: (stage, date, amount, weighted)."""
        report = self.env["crm.lead.snapshot.report"].with_user(user or self.env.user)
        rows = report.with_context(snapshot_date=day, **context).search_fetch(
            [("id", "in", leads.ids)] if leads else [],
            ["stage_id", "date", "amount", "amount_weighted"],
        )
        return {row.id: (row.stage_id, row.date, row.amount, row.amount_weighted) for row in rows}

    def read_forecast(self, leads, user=None, **context):
        """The rows of the forecast report as (quarter, forecast, weighted, won, error)."""
        report = self.env["crm.lead.forecast.report"].with_user(user or self.env.user)
        rows = report.with_context(**context).search(
            [("lead_id", "in", leads.ids)], order="quarter, id"
        )
        return [
            (
                fields.Date.to_string(row.quarter),
                row.forecast,
                row.forecast_weighted,
                row.won,
                row.error,
            )
            for row in rows
        ]
