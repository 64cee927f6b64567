"""What a handover found and brought: noted when it happens, needed to take it back."""

from odoo import fields, models


class CrmLeadHandover(models.Model):
    """One lead that was handed over, once. Written and read in sudo mode alone.

    ``before`` says what was before, by ids:

    - ``lead``: its stage, probability and type, empty when it was won already;
    - ``tickets``: those that moved or were closed; ``copies``: those made of split tickets;
    - ``hours``: lists of project, task (0: none) and the ids of the hours that were there;
    - ``orders``: those that were linked, confirmed or cancelled;
    - ``template_id``: what the project was made from;
    - ``project_partner_id``: the customer of the project that was there already.

    ``known`` says what was in the project right after, by kind: all else came later. See
    ``crm.lead._find_handover_things``.
    """

    _name = "crm.lead.handover"
    _inherit = ["crm.lead.guard.mixin"]
    _description = "Lead Handover"
    _order = "id"

    lead_id = fields.Many2one("crm.lead", required=True, index=True, ondelete="cascade")
    project_id = fields.Many2one("project.project", index="btree_not_null", ondelete="set null")
    project_made_by = fields.Selection(
        [("handover", "The Handover"), ("order", "The Order")],
        help="What the project was made by; empty when it was there already.",
    )
    before = fields.Json()
    known = fields.Json()
    is_taken_back = fields.Boolean()

    def _get_order_notes(self):
        """What the offers were before these handovers; of one that several changed, the first.

        :return: dict of id to what ``sale.order._note_before_handover`` returned
        """
        notes = {}
        for record in self:
            for note in record.before.get("orders", []):
                notes.setdefault(note["id"], note)
        return notes

    def _get_ticket_notes(self):
        """What the tickets were before these handovers; of one that moved twice, the first.

        :return: dict of id to dict, see ``crm.lead._note_before_handover``
        """
        notes = {}
        for record in self:
            for note in record.before.get("tickets", []):
                notes.setdefault(note["id"], note)
        return notes


class ProjectProject(models.Model):
    _inherit = "project.project"

    def _find_handover_records(self):
        """What is noted of all handovers into these projects, also those taken back.

        :return: ``crm.lead.handover`` in sudo mode, oldest first
        """
        # sudo: nobody reads these records by himself
        return self.env["crm.lead.handover"].sudo().search([("project_id", "in", self.ids)])

    def _mark_as_taken_back(self):
        """Archive a project that nothing is left in, under a name that no other has.

        Call it in sudo mode.
        """
        self.ensure_one()
        names, _info = self.get_field_translations("name")
        self.update_field_translations(
            "name",
            {
                name["lang"]: self.with_context(lang=name["lang"]).env._(
                    "%(project)s (taken back)", project=name["value"] or name["source"]
                )
                for name in names
            },
        )
        account = self.account_id
        self.write({"active": False})
        lines = self.env["account.analytic.line"]
        if account.with_context(active_test=False).project_ids == self and not lines.search_count(
            [("auto_account_id", "=", account.id)], limit=1
        ):
            account.write({"active": False})


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _find_handover_records(self):
        """What is noted of the handovers of these leads into the project they are in.

        :return: ``crm.lead.handover`` in sudo mode, oldest first
        """
        # sudo: nobody reads these records by himself
        records = self.env["crm.lead.handover"].sudo()
        projects = self.sudo().won_project_id
        return records.search(
            [
                ("lead_id", "in", self.ids),
                ("is_taken_back", "=", False),
                ("project_id", "in", [*projects.ids, False]),
            ]
        )

    # ------------------------------------------------------------
    # Before
    # ------------------------------------------------------------

    def _note_before_handover(self, plan):
        """What the handover ``plan`` is about to change, as ``crm.lead.handover`` keeps it.

        :param HandoverPlan plan: not applied yet
        :return: dict of lead to dict
        """
        notes = {
            lead: {
                "lead": lead._note_open_state(),
                "tickets": [],
                "hours": [],
                "orders": [],
                "template_id": plan.choices.target == "new" and plan.choices.template.id,
                "project_partner_id": plan.choices.project.sudo().partner_id.id,
            }
            for lead in self
        }
        for ticket in plan.tickets | plan.split_tickets:
            notes[ticket.lead_id]["tickets"].append(self._note_ticket(ticket))
        groups = plan.moving._read_group(
            [("id", "in", plan.moving.ids)],
            ["lead_id", "project_id", "task_id"],
            ["id:array_agg"],
        )
        for lead, project, task, ids in groups:
            # hours on a ticket that were taken off their lead go with the ticket
            owner = lead & self.sudo() or task.lead_id
            notes[owner]["hours"].append([project.id, task.id or 0, ids])
        # sudo: the offers of a lead follow it, whoever wrote them
        orders = plan.orders_to_link | plan.orders_to_cancel | plan.choices.orders_to_confirm
        for order in orders.sudo():
            note = order._note_before_handover(
                is_linked=order in plan.orders_to_link,
                is_cancelled=order in plan.orders_to_cancel,
            )
            notes[order.opportunity_id]["orders"].append(note)
        return notes

    def _note_ticket(self, ticket):
        """Where a ticket is, and in which state."""
        return {
            "id": ticket.id,
            "project_id": ticket.project_id.id,
            "parent_id": ticket.parent_id.id,
            "stage_id": ticket.stage_id.id,
            "state": ticket.state,
            "active": ticket.active,
        }

    def _note_open_state(self):
        """Stage, probability and type of this lead while it is not won; empty afterwards."""
        if self.won_status == "won":
            return {}
        state = {"stage_id": self.stage_id.id, "type": self.type}
        if self.won_status == "pending":
            # a declined lead has none of its own
            state["probability"] = self.probability
        return state

    # ------------------------------------------------------------
    # After
    # ------------------------------------------------------------

    def _record_handover(self, notes, project, made_by=False):
        """Keep what was before, and what is in the project now.

        :param dict notes: of lead to what was before, see :meth:`_note_before_handover`
        :param project: ``project.project`` in sudo mode, empty when there is none
        :param made_by: ``handover`` or ``order``, when the project was made now
        """
        things = self._find_handover_things(project, whole=bool(made_by))
        known = {kind: records.ids for kind, records in things.items()}
        # sudo: nobody writes these records by himself
        self.env["crm.lead.handover"].sudo().create(
            [
                {
                    "lead_id": lead.id,
                    "project_id": project.id,
                    "project_made_by": made_by,
                    "before": before,
                    # in a project, everybody knows what one of them knows
                    "known": known if lead == self[:1] or not project else {},
                }
                for lead, before in notes.items()
            ]
        )

    def _record_signed_handover(self, state, order, project):
        """Keep what was before a confirmed order won this lead. Call it in sudo mode.

        :param dict state: the lead's, see :meth:`_note_open_state`
        :param order: ``sale.order``, confirmed
        :param project: ``project.project`` in which it runs, may be empty
        """
        # core notes on a project that it makes whose order it is for
        is_made = bool(
            project & order.order_line.project_id and project.reinvoiced_sale_order_id == order
        )
        note = order._note_before_handover(is_linked=is_made, is_cancelled=False)
        note["state"] = "draft"
        before = {
            "lead": state,
            "orders": [note],
            "project_partner_id": project.partner_id.id,
        }
        self._record_handover({self: before}, project, "order" if is_made else False)
