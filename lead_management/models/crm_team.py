"""Assigning leads to teams: one that refuses does not stop the others."""

import logging

from odoo import models

from ..tools.attempts import attempt

_logger = logging.getLogger(__name__)


class CrmTeam(models.Model):
    _inherit = "crm.team"

    def _allocate_leads(self, creation_delta_days=7):
        """Core's; leads that refuse are told apart from those that were assigned."""
        refused = set()
        teams = super(CrmTeam, self.with_context(lead_not_assigned=refused))
        teams_data = teams._allocate_leads(creation_delta_days=creation_delta_days)
        for data in teams_data.values():
            data["refused"] = data["assigned"] & refused
            data["assigned"] -= refused
        return teams_data

    def _allocate_leads_deduplicate(self, leads, duplicates_cache=None):
        """Core's; leads that cannot be merged with their duplicates, or not be saved, stay as they
        are and count as done, or core would try them again for ever."""
        results = []
        allocate = super()._allocate_leads_deduplicate
        if attempt(
            leads,
            lambda: results.append(allocate(leads, duplicates_cache=duplicates_cache)),
            _logger,
            "Leads %s were not assigned: one of them, or a duplicate, refuses",
            leads.ids,
            conflicts=False,
        ):
            return results[0]
        refused = self.env.context.get("lead_not_assigned")
        # a client cannot send a set
        if isinstance(refused, set):
            refused.update(leads.ids)
        # core ends only when each lead is told as done
        return {"assigned": set(leads.ids), "merged": set(), "duplicates": set()}

    def _action_assign_leads_logs(self, teams_data, members_data):
        """Core's sentences about the assignment, and which leads refused it."""
        logs = super()._action_assign_leads_logs(teams_data, members_data)
        refused = set().union(*(data.get("refused", ()) for data in teams_data.values()))
        leads = self.env["crm.lead"].browse(sorted(refused)).exists()
        if leads:
            logs.append(
                self.env._(
                    "Not assigned, as they cannot be merged with their duplicates or not be saved: "
                    "%(leads)s.",
                    leads=", ".join(leads.mapped("display_name")),
                )
            )
        return logs
