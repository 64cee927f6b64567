"""Assigning leads to teams and salespeople: one that refuses does not stop the others."""

import logging
from contextlib import nullcontext

from odoo import models, modules

from ..tools.attempts import attempt, get_cause

_logger = logging.getLogger(__name__)


class Assignment:
    """Core's assignment at work. In the context, where a client cannot put it.

    ``has_begun``: from then on, core has committed what was there before it. ``refused``: the ids
    of the leads that refuse, where it goes ``one_by_one``.
    """

    def __init__(self, one_by_one=False):
        self.one_by_one = one_by_one
        self.has_begun = False
        self.refused = set()


def get_assignment(records):
    """The assignment that ``records`` are part of; a new one outside of any."""
    assignment = records.env.context.get("lead_assignment")
    return assignment if isinstance(assignment, Assignment) else Assignment()


class CrmTeam(models.Model):
    _inherit = "crm.team"

    def _action_assign_leads(self, force_quota=False, creation_delta_days=7):
        """Core's job as it is; where a lead refuses, once more, each lead by itself.

        Each lead by itself takes twice as many queries. What is refused before anything is
        assigned, such as to people without the right, is refused.
        """

        def assign(assignment):
            teams = self.with_context(lead_assignment=assignment)
            return super(CrmTeam, teams)._action_assign_leads(
                force_quota=force_quota, creation_delta_days=creation_delta_days
            )

        first, is_test = Assignment(), modules.module.current_test
        try:
            # in tests, core does not commit
            with self.env.cr.savepoint() if is_test else nullcontext():
                return assign(first)
        except Exception as error:  # whatever it is that refuses
            if not first.has_begun:
                raise
            _logger.warning("Leads are assigned one by one: %s", get_cause(error))
        if not is_test:
            self.env.cr.rollback()
        return assign(Assignment(one_by_one=True))

    def _allocate_leads(self, creation_delta_days=7):
        """Core's; leads that refuse are told apart from those that were assigned."""
        teams_data = super()._allocate_leads(creation_delta_days=creation_delta_days)
        refused = get_assignment(self).refused
        for data in teams_data.values():
            data["refused"] = data["assigned"] & refused
            data["assigned"] -= refused
        return teams_data

    def _assign_and_convert_leads(self, force_quota=False):
        """Core's; leads that refuse are told apart from those that were assigned."""
        members_data = super()._assign_and_convert_leads(force_quota=force_quota)
        refused = get_assignment(self).refused
        for data in members_data.values():
            data["refused"] = set(data["assigned"].ids) & refused
            data["assigned"] = data["assigned"].filtered(lambda lead: lead.id not in refused)
        return members_data

    def _allocate_leads_deduplicate(self, leads, duplicates_cache=None):
        """Core's; one by one, leads that cannot be merged with their duplicates, or not be saved,
        stay as they are and count as done, or core would try them again for ever."""
        results = []
        allocate = super()._allocate_leads_deduplicate
        if leads._attempt_to_assign(
            lambda: results.append(allocate(leads, duplicates_cache=duplicates_cache))
        ):
            return results[0]
        # core ends only when each lead is told as done
        return {"assigned": set(leads.ids), "merged": set(), "duplicates": set()}

    def _action_assign_leads_logs(self, teams_data, members_data):
        """Core's sentences about the assignment, and which leads refused it."""
        logs = super()._action_assign_leads_logs(teams_data, members_data)
        data = [*teams_data.values(), *members_data.values()]
        refused = set().union(*(part.get("refused", ()) for part in data))
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


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def convert_opportunity(self, partner, user_ids=False, team_id=False):
        """Core's; where leads are assigned one by one, one that refuses stays as it is."""
        results = []
        convert = super().convert_opportunity
        self._attempt_to_assign(
            lambda: results.append(convert(partner, user_ids=user_ids, team_id=team_id))
        )
        return not results or results[0]

    def _attempt_to_assign(self, action):
        """Assign these leads; one by one, those that refuse are noted.

        :return: whether it is done
        """
        assignment = get_assignment(self)
        assignment.has_begun = True
        if not assignment.one_by_one:
            action()
            return True
        message = "Leads %s were not assigned: one of them, or a duplicate, refuses"
        done = attempt(self, action, _logger, message, self.ids, conflicts=False)
        if not done:
            assignment.refused.update(self.ids)
        return done
