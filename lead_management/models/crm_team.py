"""Assigning leads to teams: one that refuses does not stop the others."""

import logging

from odoo import models

from ..tools.attempts import attempt

_logger = logging.getLogger(__name__)


class CrmTeam(models.Model):
    _inherit = "crm.team"

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
        # core ends only when each lead is told as done
        return {"assigned": set(leads.ids), "merged": set(), "duplicates": set()}
