"""What a stage does to a lead that enters it: its probability and its type."""

from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import float_compare

from ..tools.marks import NEEDS_SETTLED
from ..tools.plans import imply

# In a row of an import, an empty cell of these says nothing: none of them can be empty.
NEVER_EMPTY = ("active", "automated_probability", "request_type", "value_source", "won_status")
# Values of leads that nobody typed in: core's modules for events, surveys and lead mining.
MACHINE_FIELDS = ("event_lead_rule_id", "origin_survey_id", "lead_mining_request_id", "reveal_id")


class FoundTeams(dict):
    """Ids of the teams of new leads, by what they are computed from. In the context, where a
    client cannot put it."""


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

    def _propose_first_stages(self, vals_list):
        """The team and the stage that Odoo gives to new leads with these values.

        Odoo looks them up lead by lead; here they are looked up once for all leads that are
        alike in what team and stage are computed from.

        The team is not saved as if somebody had given it: core adds followers of a team that is
        given, and none of one that it found.

        :return: list of ids of ``crm.stage``, and :class:`FoundTeams`
        """
        teams = FoundTeams()
        names = {"team_id", "stage_id", "type", "user_id"}
        for name in ("team_id", "stage_id"):
            depends = self.pool.field_depends[self._fields[name]]
            names.update(path.split(".")[0] for path in depends)
        defaults = self.default_get(sorted(names))
        stages, known = [], {}
        for vals in vals_list:
            given = {**defaults, **{name: vals[name] for name in names & vals.keys()}}
            is_type_given = self._is_type_chosen(vals)
            is_team_given = bool(vals.get("team_id"))
            key = repr((is_type_given, is_team_given, sorted(given.items())))
            if key not in known:
                draft = self.new(given)
                stage = draft._propose_first_stage(given, is_type_given, is_team_given)
                known[key] = stage.id
                if "team_id" not in given:
                    team_key = draft._get_team_key(stage.sudo().lead_type)
                    teams.setdefault(team_key, draft.team_id.id)
            stages.append(known[key])
        return stages, teams

    def _get_team_key(self, lead_type=None):
        """What the team of a new lead is computed from, once it has that type."""
        depends = self.pool.field_depends[self._fields["team_id"]]
        names = {path.split(".")[0] for path in depends}
        values = {name: self._fields[name].convert_to_write(self[name], self) for name in names}
        return repr(sorted((values | ({"type": lead_type} if lead_type else {})).items()))

    def _compute_team_id(self):
        teams = self.env.context.get("lead_teams")
        found = self.browse()
        if isinstance(teams, FoundTeams):
            for lead in self:
                if not lead.id and not lead.team_id and (key := lead._get_team_key()) in teams:
                    lead.team_id = teams[key]
                    found |= lead
        return super(CrmLead, self - found)._compute_team_id()

    def _propose_first_stage(self, given, is_type_given, is_team_given):
        """The stage of one new lead, a draft; see :meth:`_propose_first_stages`.

        A stage that is given together with a team that does not have it stands for that team's one.
        """
        if "stage_id" in given:
            stage = self.env["crm.stage"].browse(given["stage_id"] or [])
            if is_team_given:
                lead_type = stage.sudo().lead_type or self.type
                stage = stage._find_in_team(self.team_id, lead_type, stage.is_won)
            return stage
        # sudo: asked for every new lead, and not field by field whether the user may
        stage = self.stage_id.sudo()
        if stage.lead_type not in (False, self.type) and is_type_given:
            stage = self._find_stage_for_type(self.type) or stage
        return stage

    def _is_type_chosen(self, vals):
        """Whether somebody decided that a new lead is a lead, or an opportunity.

        Website forms, chat bots, events, surveys and lead mining say "opportunity" wherever core's
        own "Leads" setting is off; surveys always do. That is no decision.

        :param dict vals: as ``create`` takes them
        :rtype: bool
        """
        if not vals.get("type"):
            return bool(self.env.context.get("default_type"))
        if vals["type"] != "opportunity" or self._is_import():
            return True
        made = self.env.su or not self.env.user._is_internal()
        if not made and not any(vals.get(name) for name in MACHINE_FIELDS):
            return True
        # the setting is the group that all employees have; visitors have no group of it
        uses_leads = self.env.ref("base.user_root").has_group("crm.group_use_lead")
        return uses_leads and not vals.get("origin_survey_id")

    @api.model
    def _is_import(self):
        """Whether ``load`` is at work: a row is what somebody wrote down."""
        return "_import_current_module" in self.env.context

    @api.model
    def _drop_empty(self, vals):
        """``vals`` without what says nothing; the very same where there is nothing of it.

        An empty probability, or type, is not given; 0 is a legal probability. An empty cell of an
        import leaves the stage, too. The status is never given: it follows.

        :raises UserError: when value or probability are sent as something that is no number
        """
        vals = self._as_numbers(vals, {"expected_revenue", "probability"})
        names = ["probability", "type"]
        if self._is_import():
            names.append("stage_id")
        empty = {name for name in names if vals.get(name) in (None, "") or vals[name] is False}
        if not self.env.su:
            empty.add("won_status")
        if not empty & vals.keys():
            return vals
        return {name: value for name, value in vals.items() if name not in empty}

    def _imply_given(self, vals):
        """Rule of ``write``: what is empty is not given. Nor is it news that a won lead is
        certain: its closing date stays."""
        self._refuse_given_status(vals)
        given = self._drop_empty(vals)
        if "stage_id" in given or (given.get("probability") or 0) < 100:
            return [(self, given)]
        won = self.filtered(lambda lead: lead.won_status == "won")
        if not won:
            return [(self, given)]
        rest = {name: value for name, value in given.items() if name != "probability"}
        return [(self - won, given), (won, rest)]

    @api.model
    def _convert_records(self, records, log=lambda message: None, **kwargs):
        """Core's hook of ``load``: what is empty is not given; a row that gives a stage and the
        other type, or a won stage and another probability, is an error."""
        given = (
            ({name: cell for name, cell in row.items() if cell or name not in NEVER_EMPTY}, extras)
            for row, extras in records
        )
        for key, xmlid, values, info in super()._convert_records(given, log=log, **kwargs):
            stage = self.env["crm.stage"].browse(values.get("stage_id") or [])
            if stage.is_won and values.get("probability") not in (None, False, 100):
                # nor may it reach core, which would refuse rows around it as well
                del values["probability"]
                message = self.env._(
                    "Stage “%(stage)s” is a won stage: its probability is 100 %%.",
                    stage=stage.name,
                )
                log({**info, "type": "error", "field": "probability", "message": message})
            if values.get("type") and stage.lead_type not in (False, values["type"]):
                message = self._get_contradiction_text(stage, values["type"])
                log({**info, "type": "error", "field": "type", "message": message})
            yield key, xmlid, values, info

    @api.model
    def _get_contradiction_text(self, stage, lead_type):
        """That ``stage`` is not for leads of this type, in words."""
        types = dict(stage._fields["lead_type"]._description_selection(self.env))
        return self.env._(
            "Phase “%(stage)s” is for the type “%(type)s”, and the type is “%(given)s”. "
            "Change one of them, or leave the type empty.",
            stage=stage.name,
            type=types[stage.lead_type],
            given=types[lead_type],
        )

    def _imply_first_stage(self, vals, stage_id):
        """Rule of ``create``: a lead starts in a stage, with what the stage implies."""
        # sudo: as above
        stage = self.env["crm.stage"].sudo().browse(stage_id)
        # the status is known before: who watches it would be told of its computation as well
        implied = {}
        if stage.is_won:
            implied = {"won_status": "won", "probability": 100, "automated_probability": 100}
        elif vals.get("active", True):
            implied = {"won_status": "pending"}
        vals = {**implied, **vals, "stage_id": stage.id}
        return {**vals, **self._prepare_stage_entry_values(stage, vals)}

    def copy_data(self, default=None):
        """A copy starts in the first stage for what it is a copy of."""
        vals_list = super().copy_data(default)
        known = {}
        for vals in vals_list:
            if vals.get("stage_id"):
                continue
            key = vals.get("team_id"), vals.get("type")
            if key not in known:
                domain = [("fold", "=", False), ("lead_type", "in", [False, vals.get("type")])]
                known[key] = self.browse()._stage_find(team_id=vals.get("team_id"), domain=domain)
            if known[key]:
                vals["stage_id"] = known[key].id
        return vals_list

    def _imply_stage_of_type(self, vals):
        """Rule of ``write``: a lead whose stage is for the other type moves to the first stage
        for its new one."""
        if not vals.get("type") or vals.get("stage_id"):
            return [(self, vals)]
        misplaced = self.filtered(lambda lead: lead.stage_id.lead_type not in (False, vals["type"]))
        plan = [(self - misplaced, vals)] if self - misplaced or not self else []
        for leads in misplaced.grouped("team_id").values():
            stage = leads._find_stage_for_type(vals["type"])
            plan.append((leads, {**vals, "stage_id": stage.id} if stage else vals))
        return plan

    def _imply_stage_of_team(self, vals):
        """Rule of ``write``: another team may not have the stage; the lead then goes to the stage
        of the new team that corresponds to it.

        The team may be another one because the salesperson is. A stage that is chosen together
        with a team that does not have it stands for that team's one.
        """
        chosen = self.env["crm.stage"].browse(vals.get("stage_id") or [])
        names = {"team_id"} if "stage_id" in vals else {"team_id", "user_id"}
        if not names & vals.keys() or (not chosen and "stage_id" in vals):
            return [(self, vals)]
        # sudo: which team a stage is for is asked, not who may read it
        bound = self.filtered(lambda lead: (chosen or lead.stage_id).sudo().team_ids)
        plan = [(self - bound, vals)] if self - bound or not self else []
        for leads in bound.grouped(lambda lead: lead._get_stage_of_team_key()).values():
            lead = leads[0]
            team = lead._get_team_after(vals)
            lead_type = chosen.sudo().lead_type or vals.get("type") or lead.type
            is_won = chosen.is_won if chosen else lead.won_status == "won"
            stage = (chosen or lead.stage_id)._find_in_team(team, lead_type, is_won)
            if stage == (chosen or lead.stage_id):
                plan.append((leads, vals))
                continue
            values = {"stage_id": stage.id}
            if not chosen:
                # nobody chose the stage: what it needs is no reason to keep the old team, and its
                # probability none to forget what somebody typed in
                leads = leads.with_context(lead_needs=NEEDS_SETTLED)
                typed = lead._get_typed_probability()
                if typed is not None and "probability" not in vals:
                    values["probability"] = typed
            plan.append((leads, {**vals, **values}))
        return plan

    def _get_stage_of_team_key(self):
        """What decides where the lead goes in another team."""
        names = ("team_id", "stage_id", "user_id", "type", "won_status")
        return (*(self[name] for name in names), self._get_typed_probability())

    def _get_typed_probability(self):
        """The probability that somebody typed in for this open lead, or None."""
        is_typed = self.won_status == "pending" and not self.is_automated_probability
        return self.probability if is_typed else None

    def _get_team_after(self, vals):
        """The team that this lead has once ``vals`` are saved (``crm.team``)."""
        if "team_id" in vals:
            return self.env["crm.team"].browse(vals["team_id"] or [])
        draft = self.new(origin=self)
        draft.update({"user_id": vals["user_id"]})
        return draft.team_id._origin

    def _imply_stage_entry(self, vals):
        """Rule of ``write``: leads that enter a stage get its probability and type."""
        if not vals.get("stage_id"):
            return [(self, vals)]
        stage = self.env["crm.stage"].browse(vals["stage_id"])
        entry = self._prepare_stage_entry_values(stage, vals)
        if stage.is_won:
            # as core does, below the sight of others
            entry.update(active=True, probability=100, automated_probability=100)
        groups = defaultdict(self.browse)
        for lead in self:
            groups[tuple(lead._get_stage_entry(stage, entry, vals).items())] |= lead
        return [(leads, imply(vals, dict(implied))) for implied, leads in groups.items()] or [
            (self, vals)
        ]

    def _get_stage_entry(self, stage, entry, vals):
        """What saving ``vals``, which hold a stage, implies for this lead.

        :param dict entry: what entering the stage implies for any lead
        """
        if self.stage_id == stage:
            return {"type": stage.lead_type} if stage.lead_type and "type" in vals else {}
        values = dict(entry)
        if self.won_status == "lost" and stage.is_won:
            values["lost_reason_id"] = False
        elif self.won_status == "lost" and not vals.get("active"):
            # a declined lead that changes its stage is still declined, since the same day
            values.update(probability=vals.get("probability", 0), automated_probability=0)
        elif stage.keep_manual_probability and not self.is_automated_probability:
            values.pop("probability", None)
        if values.get("type") == "opportunity" and self.type == "lead":
            values["date_conversion"] = self.env.cr.now()
        return values

    @api.model
    def _get_kept_fields(self, vals):
        """The fields that saving ``vals`` must not compute anew: team and company of a lead that
        changes its stage.

        Core picks the salesperson's team whenever the type changes, and the company by the
        team. Here the type follows from the stage: a lead that is dragged stays where it is.
        """
        if not vals.get("stage_id") or vals.keys() & {"team_id", "user_id"}:
            return []
        return [self._fields["team_id"], self._fields["company_id"]]

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
            values.update(stage._prepare_probability_values())
            # an empty cell of an import says False; 0 is a legal probability
            if vals.get("probability") is not None and vals["probability"] is not False:
                del values["probability"]
        return values

    @api.model
    def _read_group_stage_ids(self, stages, domain):
        """Core's columns of a board; of opportunities, as *My Pipeline*, without empty ones for
        leads: what is dropped or created there would be gone from it."""
        columns = super()._read_group_stage_ids(stages, domain)
        if self.env.context.get("default_type") != "opportunity":
            return columns
        # sudo: core finds the stages for everybody, too
        kept = columns.sudo().filtered(lambda stage: stage.lead_type != "lead")
        return columns & (columns.browse(kept.ids) | stages)

    def _find_stage_for_type(self, lead_type):
        """The first open stage of the leads' team for ``lead_type``; may be empty."""
        return self._stage_find(
            domain=[("fold", "=", False), ("lead_type", "in", [False, lead_type])]
        )

    def _merge_data(self, fnames=None):
        """Core's hook of a merge: in another team, the stage that corresponds to the lead's that is
        kept, instead of that team's first one."""
        data = super()._merge_data(fnames)
        merged = self.env.context.get("lead_merge_team")
        # a client cannot send a tuple
        team_id = (isinstance(merged, tuple) and merged[0]) or data.get("team_id")
        if self and data.get("stage_id"):
            stage = self.env["crm.stage"].browse(data["stage_id"])
            lead_type = data.get("type") or self[0].type
            is_won = self[0].won_status == "won"
            team = self.env["crm.team"].browse(team_id or [])
            data["stage_id"] = stage._find_in_team(team, lead_type, is_won).id
        return data

    @api.depends("team_id", "type")
    def _compute_stage_id(self):
        """Core's choice for new leads; in another team, the stage that corresponds to the old one.

        Without a type being asked for, a new lead starts in the very first stage.
        """
        for lead in self.filtered("stage_id"):
            stage = lead.stage_id
            lead.stage_id = stage._find_in_team(lead.team_id, lead.type, stage.is_won)
        unplaced = self.filtered(lambda lead: not lead.stage_id)
        for lead in unplaced:
            if self.env.context.get("default_type"):
                lead.stage_id = lead._find_stage_for_type(lead.type)
        return super(CrmLead, unplaced)._compute_stage_id()

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
                leads.write(stage._prepare_probability_values())

    def action_set_automated_probability(self):
        """Core's reset button: the stage's default where the stage has one.

        :raises UserError: when it is not one lead
        """
        self._check_one()
        if self.stage_id._sets_probability():
            return self._set_stage_probability()
        return super().action_set_automated_probability()

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
