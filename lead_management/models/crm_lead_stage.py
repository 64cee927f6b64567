"""What a stage does to a lead that enters it: its probability and its type."""

from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import float_compare


class CrmLead(models.Model):
    _inherit = "crm.lead"

    stage_uses_default_probability = fields.Boolean(
        related="stage_id.uses_default_probability", string="Stage Sets the Probability"
    )
    stage_default_probability = fields.Float(
        related="stage_id.default_probability", string="Stage's Default", aggregator=None
    )

    # ------------------------------------------------------------
    # Entering a stage
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        default_stage_id = self.env.context.get("default_stage_id")
        prepared, without_stage = [], []
        for vals in vals_list:
            stage = self.env["crm.stage"].browse(vals.get("stage_id") or default_stage_id)
            prepared.append({**vals, **self._prepare_stage_entry_values(stage, vals)})
            without_stage.append(not stage)
        leads = super().create(prepared)
        leads._settle_initial_stage(
            [
                (lead, vals)
                for lead, vals, missing in zip(leads, vals_list, without_stage, strict=True)
                if missing
            ]
        )
        return leads

    def write(self, vals):
        if vals.get("stage_id"):
            return self._write_stage(vals)
        if vals.get("type"):
            return self._write_type(vals)
        if not vals.keys() & {"team_id", "user_id"}:
            return super().write(vals)
        # another team may not have the stage: core then picks one of the team's stages
        stages = {lead: lead.stage_id for lead in self}
        res = super().write(vals)
        moved = self.filtered(lambda lead: stages[lead] and lead.stage_id != stages[lead])
        for stage, leads in moved.grouped("stage_id").items():
            leads._write_entry(stage, {"stage_id": stage.id})
        return res

    def _write_stage(self, vals):
        """Write ``vals``, which hold a stage, with what the stage implies for who enters it."""
        stage = self.env["crm.stage"].browse(vals["stage_id"])
        entering = self.filtered(lambda lead: lead.stage_id != stage)
        staying = self - entering
        if staying:
            own_type = {"type": stage.lead_type} if stage.lead_type and "type" in vals else {}
            super(CrmLead, staying).write({**vals, **own_type})
        if entering:
            entering._write_entry(stage, vals)
        return True

    def _write_entry(self, stage, vals):
        """Write ``vals`` on leads that enter ``stage``, in one ``write`` per kind of lead."""
        entry = self._prepare_stage_entry_values(stage, vals)
        groups = defaultdict(self.browse)
        for lead in self:
            values = dict(entry)
            if lead.won_status == "lost" and not stage.is_won and not vals.get("active"):
                # a declined lead that changes its stage is still declined, since the same day
                values.update(probability=vals.get("probability", 0), automated_probability=0)
            elif stage.keep_manual_probability and not lead.is_automated_probability:
                values.pop("probability", None)
            if values.get("type") == "opportunity" and lead.type == "lead":
                values["date_conversion"] = self.env.cr.now()
            groups[tuple(values.items())] |= lead
        for values, leads in groups.items():
            leads._write_keeping_team({**vals, **dict(values)})

    def _write_type(self, vals):
        """Write ``vals``, which hold a type but no stage.

        A lead whose stage is for the other type moves to the first stage for its new one.
        """
        misplaced = self.filtered(lambda lead: lead.stage_id.lead_type not in (False, vals["type"]))
        res = super(CrmLead, self - misplaced).write(dict(vals)) if self - misplaced else True
        for leads in misplaced.grouped("team_id").values():
            stage = leads._find_stage_for_type(vals["type"])
            if stage:
                leads._write_stage({**vals, "stage_id": stage.id})
            else:
                super(CrmLead, leads).write(dict(vals))
        return res

    def _settle_initial_stage(self, leads_vals):
        """Apply the entry rules to new leads that were created without a stage.

        :param leads_vals: list of pairs (lead, the values it was created with)
        """
        groups = defaultdict(self.browse)
        for lead, vals in leads_vals:
            stage = lead.stage_id
            values = {}
            if stage.lead_type not in (False, lead.type) and self._is_type_given(vals):
                stage = lead._find_stage_for_type(lead.type) or stage
                values["stage_id"] = stage.id
            values.update(lead._prepare_stage_entry_values(stage, vals))
            if values.get("type") == lead.type:
                del values["type"]
            groups[tuple(values.items())] |= lead
        for values, leads in groups.items():
            if values:
                leads._write_keeping_team(dict(values))

    def _write_keeping_team(self, vals):
        """Write ``vals`` without the type in them choosing another sales team or company.

        Core picks the salesperson's team anew whenever the type changes, and the company by
        the team. Here the type follows from the stage: a lead that is dragged stays where it is.
        """
        if vals.keys() & {"team_id", "user_id"}:
            return super().write(vals)
        with self.env.protecting([self._fields["team_id"], self._fields["company_id"]], self):
            return super().write(vals)

    @api.model
    def _is_type_given(self, vals):
        return bool(vals.get("type") or self.env.context.get("default_type"))

    @api.model
    def _prepare_stage_entry_values(self, stage, vals):
        """What entering ``stage`` adds to ``vals``: type and probability.

        Called by ``create`` and ``write``. Extend it for what else a stage should set.

        :param stage: ``crm.stage``, may be empty
        :param dict vals: the values of the same write; a probability in them is kept
        :rtype: dict
        """
        values = {}
        if stage.lead_type:
            values["type"] = stage.lead_type
        if stage._sets_probability() and vals.get("active", True):
            values["automated_probability"] = stage.default_probability
            # an empty cell of an import says False; 0 is a legal probability
            if vals.get("probability") is None or vals["probability"] is False:
                values["probability"] = stage.default_probability
        return values

    def _find_stage_for_type(self, lead_type):
        """The first open stage of the leads' team for ``lead_type``; may be empty."""
        return self._stage_find(
            domain=[("fold", "=", False), ("lead_type", "in", [False, lead_type])]
        )

    @api.depends("team_id", "type")
    def _compute_stage_id(self):
        """Core's choice, but never a stage for the other type.

        Without a type being asked for, a new lead starts in the very first stage.
        """
        for lead in self:
            stage = lead.stage_id
            if stage.team_ids and lead.team_id and lead.team_id not in stage.team_ids:
                lead.stage_id = lead._find_stage_for_type(lead.type) or stage
            elif not stage and self.env.context.get("default_type"):
                lead.stage_id = lead._find_stage_for_type(lead.type)
        return super()._compute_stage_id()

    # ------------------------------------------------------------
    # Probability
    # ------------------------------------------------------------

    def _pls_get_naive_bayes_probabilities(self, batch_mode=False, is_tooltip=False):
        """Predict only for leads whose stage does not set the probability.

        All of core's scoring comes through here: the computed field, the nightly job, which
        writes in SQL, and the tooltip. Core returns a bare ``{}`` where it has nothing to
        predict although its callers unpack a pair.
        """
        predicted = self.filtered(lambda lead: not lead.stage_id._sets_probability())
        if is_tooltip and not predicted:
            return {}, {"probability": self.automated_probability, "scores": []}
        result = super(CrmLead, predicted)._pls_get_naive_bayes_probabilities(
            batch_mode=batch_mode, is_tooltip=is_tooltip
        )
        return result or ({}, {"probability": 0.0, "scores": []})

    def _compute_probabilities(self):
        """In a form that is not saved yet, show what saving the new stage will give.

        Saved leads get their probability where they enter the stage (see ``write``), and no
        other field changes it.
        """
        res = super()._compute_probabilities()
        for lead in self:
            stage, origin = lead.stage_id, lead._origin
            if lead.id or not stage._sets_probability() or lead.won_status == "lost":
                continue
            same_stage = origin.stage_id == stage
            automated = origin.automated_probability if same_stage else stage.default_probability
            if float_compare(lead.automated_probability, automated, 2) == 0:
                continue
            kept = stage.keep_manual_probability and origin and not origin.is_automated_probability
            lead.automated_probability = automated
            if same_stage:
                lead.probability = origin.probability
            elif not kept:
                lead.probability = automated
        return res

    def _set_stage_probability(self):
        """Put the leads back to their stage's default, one write per stage."""
        for stage, leads in self.grouped("stage_id").items():
            if stage._sets_probability():
                leads.write(
                    {
                        "probability": stage.default_probability,
                        "automated_probability": stage.default_probability,
                    }
                )

    def action_set_automated_probability(self):
        """Core's reset button: the stage's default where the stage has one."""
        if self.stage_id._sets_probability():
            return self._set_stage_probability()
        return super().action_set_automated_probability()

    def action_unarchive(self):
        """Reopening a declined lead clears its reason and closing date (core) and puts its
        probability back to the stage's default. Merely archived leads keep theirs."""
        lost = self.filtered(lambda lead: lead.won_status == "lost")
        res = super().action_unarchive()
        lost._set_stage_probability()
        return res

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """A mail starts in the first stage, as what that stage is for.

        Core's mail alias says "opportunity" wherever its own "Leads" setting is off.
        """
        values = dict(custom_values or {})
        team = self.env["crm.team"].browse(values.get("team_id"))
        if self._stage_find(team_id=team.id, domain=[("fold", "=", False)]).lead_type:
            values.pop("type", None)
        return super().message_new(msg_dict, custom_values=values)
