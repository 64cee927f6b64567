from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, ormcache
from odoo.tools.translate import LazyTranslate

from ..setup import neighbours

_lt = LazyTranslate(__name__)

# a lead of these stages in which nothing happens for so long lies around
STALE_AFTER_DAYS = 30
# The process of an installation company, from the first call to the order. By external id:
# name, default probability in percent, type of the leads in it, colour.
STANDARD_STAGES = {
    "crm_stage_new": [_lt("New"), 5, "lead", 11],
    "crm_stage_in_progress": [_lt("In Progress"), 5, "lead", 4],
    "crm_stage_first_contact": [_lt("First Contact"), 10, "lead", 3],
    "crm_stage_needs_analysis": [_lt("Needs Analysis"), 20, "lead", 2],
    "crm_stage_converted": [_lt("Converted"), 30, "opportunity", 5],
    "crm_stage_opened": [_lt("Opened"), 50, "opportunity", 7],
    "crm_stage_offer_made": [_lt("Offer Made"), 75, "opportunity", 8],
    "crm_stage_negotiation": [_lt("Negotiation"), 90, "opportunity", 9],
    "crm_stage_won": [_lt("Won"), 100, "opportunity", 10],
}


class CrmStage(models.Model):
    _name = "crm.stage"
    _inherit = ["crm.stage", "crm.lead.reference.mixin"]

    uses_default_probability = fields.Boolean(
        "Sets the Probability",
        groups="base.group_user",
        help="A lead that enters this stage gets the stage's default probability. "
        "Without it, Odoo predicts the probability from past leads.",
    )
    default_probability = fields.Float(
        aggregator="avg",
        groups="base.group_user",
        help="In percent, over 0 and under 100. A won stage is always at 100.",
    )
    keep_manual_probability = fields.Boolean(
        groups="base.group_user",
        help="A probability that somebody typed in survives the move into this stage.",
    )
    lead_type = fields.Selection(
        [("lead", "Lead"), ("opportunity", "Opportunity")],
        string="Type of Leads",
        groups="base.group_user",
        help="What a lead in this stage is. A lead that crosses the line between the two "
        "is converted. Empty: the stage does not care.",
    )
    required_field_ids = fields.Many2many(
        "ir.model.fields",
        "crm_stage_required_field_rel",
        "stage_id",
        "field_id",
        string="Required Fields",
        domain=lambda self: self._get_required_fields_domain(),
        bypass_search_access=True,
        # others may not read fields, and could not read stages as a whole
        groups="sales_team.group_sale_manager",
        help="A lead moves forward into this stage once these fields are filled in. 0 is empty.",
    )
    needs_offer = fields.Boolean(
        "Needs an Offer",
        groups="base.group_user",
        help="A lead moves forward into this stage once it has an offer that is not cancelled.",
    )
    needs_contact = fields.Boolean(
        "Needs a Contact",
        groups="base.group_user",
        help="A lead moves forward into this stage once a contact is linked, or a name or "
        "company and a phone number or e-mail address are entered.",
    )
    needs_category_questions = fields.Boolean(
        "Needs Answers to the Category's Questions",
        groups="base.group_user",
        help="A lead moves forward into this stage once it has a category and all questions of "
        "that are answered.",
    )
    needs_summary = fields.Char(
        "Needs",
        compute="_compute_needs_summary",
        compute_sudo=True,
        groups="base.group_user",
        help="What a lead must have before it moves forward into this stage.",
    )
    activity_plan_id = fields.Many2one(
        "mail.activity.plan",
        "Follow-up Plan",
        domain="[('res_model', '=', 'crm.lead')]",
        index="btree_not_null",
        ondelete="set null",
        groups="base.group_user",
        help="A lead that enters this stage gets the follow-ups of this plan, for its owner.",
    )
    default_probability_lead_count = fields.Integer(
        compute="_compute_default_probability_lead_count",
        string="Leads to Update",
        groups="base.group_user",
        help="Open leads in this stage whose probability nobody typed in and which differs "
        "from the stage's default.",
    )

    def _auto_init(self):
        """Odoo's command line asks no addon before it installs one beside it: here it comes by
        before anything of that one is in the database.

        :raises UserError: when a module that cannot work beside this addon is being installed
        """
        neighbours.check_newcomers(self.env)
        return super()._auto_init()

    @api.model
    def _get_required_fields_domain(self):
        """The fields of a lead that a person can fill in."""
        technical = ("stage_id", "type", "active", "color", "probability", "automated_probability")
        return [
            ("model", "=", "crm.lead"),
            ("store", "=", True),
            ("readonly", "=", False),
            ("name", "not in", technical),
            ("name", "not =like", "message_%"),
            ("name", "not =like", "activity_%"),
            ("ttype", "not in", ("properties", "reference", "json", "many2one_reference")),
        ]

    @api.constrains("activity_plan_id")
    def _check_activity_plan_id(self):
        self.activity_plan_id._check_for_leads()

    @api.constrains("required_field_ids")
    def _check_required_field_ids(self):
        # sudo: not everybody who chooses them may read fields; only their names are told
        wanted = self.sudo().required_field_ids
        if wrong := wanted - wanted.filtered_domain(self._get_required_fields_domain()):
            raise ValidationError(
                self.env._(
                    "Nobody can fill in these fields of a lead: %(fields)s",
                    fields=", ".join(wrong.mapped("field_description")),
                )
            )

    @api.depends("required_field_ids", "needs_offer", "needs_contact", "needs_category_questions")
    @api.depends_context("lang")
    def _compute_needs_summary(self):
        for stage in self:
            labels = stage.required_field_ids.mapped("field_description")
            if stage.needs_contact:
                labels.append(self.env._("Contact"))
            if stage.needs_offer:
                labels.append(self.env._("Offer"))
            if stage.needs_category_questions:
                labels.append(self.env._("Answers to the category's questions"))
            stage.needs_summary = ", ".join(labels)

    @ormcache("self.id")
    def _has_needs(self):
        """Whether the stage needs anything of a lead that enters it; asked at every move."""
        return bool(
            self.required_field_ids
            or self.needs_offer
            or self.needs_contact
            or self.needs_category_questions
        )

    def _comes_after(self, other):
        """Whether this stage is further on than ``other``, which may be empty.

        :rtype: bool
        """
        return self != other and (
            not other or (self.sequence, self.id) > (other.sequence, other.id)
        )

    def _find_in_team(self, team, lead_type, is_won):
        """The stage of ``team`` that corresponds to this one, which may be empty.

        That of the same name, else the one of the nearest default probability; on the same side of
        the line between leads and opportunities, and never back over it. Where the team has stages
        of its own, one of the same name that all teams share does not count for a first stage
        without a default.

        :param team: ``crm.team``, may be empty
        :param str lead_type: of the lead that looks for its stage
        :param bool is_won: whether the lead is won: it stays won
        :return: ``crm.stage``: this one where the team has it, or has none for such a lead
        """
        # sudo: what a stage implies holds for portal users, too, who may not read it
        stage = self.sudo()
        if not stage.team_ids or not team or team in stage.team_ids:
            return self
        ours = stage.search(["|", ("team_ids", "=", False), ("team_ids", "in", team.ids)])
        ours = ours.filtered(lambda other: other.is_won == is_won)
        places = ours.filtered(lambda other: other.lead_type in (False, lead_type))
        if lead_type == "lead":
            places = places or ours
        own = places.filtered("team_ids")
        same = places.filtered(lambda other: other._has_name_of(stage))
        if own and not same & own and stage._is_beginning():
            # as in core: what has only come in, comes in there
            same = same.browse()
        if same or not places:
            return (same[:1] or stage).sudo(self.env.su)
        places = places.filtered(lambda other: not other.fold) or places
        defaults = places.filtered(lambda other: other._sets_probability())
        if defaults and stage._sets_probability():
            places = defaults.sorted(
                lambda other: abs(other.default_probability - stage.default_probability)
            )
        return places[:1].sudo(self.env.su)

    def _is_beginning(self):
        """Whether this stage is the first one of its teams, and without a default probability."""
        theirs = ["|", ("team_ids", "=", False), ("team_ids", "in", self.team_ids.ids)]
        return not self._sets_probability() and self.search(theirs, limit=1) == self

    def _has_name_of(self, other):
        """Whether two stages are called the same, but for case and spaces around."""
        return (self.name or "").strip().casefold() == (other.name or "").strip().casefold()

    @api.constrains("uses_default_probability", "default_probability", "is_won")
    def _check_default_probability(self):
        for stage in self.filtered("uses_default_probability"):
            if stage.is_won and stage.default_probability != 100:
                raise ValidationError(
                    self.env._(
                        "Stage “%(stage)s” is a won stage: its probability is 100 %%.",
                        stage=stage.name,
                    )
                )
            if not stage.is_won and not 0 < stage.default_probability < 100:
                raise ValidationError(
                    self.env._(
                        "The default probability of stage “%(stage)s” must be over 0 and under "
                        "100 %%: at 0 a lead counts as declined, at 100 as won.",
                        stage=stage.name,
                    )
                )

    @api.depends("default_probability", "uses_default_probability")
    def _compute_default_probability_lead_count(self):
        if not self.env["crm.lead"].has_access("read"):
            self.default_probability_lead_count = 0
            return
        leads = self._get_default_probability_leads()
        counts = dict(leads._read_group([("id", "in", leads.ids)], ["stage_id"], ["__count"]))
        for stage in self:
            stage.default_probability_lead_count = counts.get(stage._origin, 0)

    @api.onchange("is_won", "uses_default_probability")
    def _onchange_default_probability(self):
        if self.is_won and self.uses_default_probability:
            self.default_probability = 100
        elif self.default_probability == 100:
            self.default_probability = 0

    @api.model_create_multi
    def create(self, vals_list):
        stages = super().create([self._complete_won_values(dict(vals)) for vals in vals_list])
        self.env.registry.clear_cache()
        return stages

    def write(self, vals):
        """Keep the default probability and the won mark in agreement.

        A stage that is no longer a won stage goes back to predicted probabilities unless the
        same write names a default; its leads then get that default, as core recomputes them.
        """
        vals = self._complete_won_values(dict(vals))
        res = super().write(vals)
        self.env.registry.clear_cache()
        if "is_won" in vals and not vals["is_won"]:
            for stage in self.filtered(lambda stage: stage._sets_probability()):
                leads = self.env["crm.lead"].search([("stage_id", "=", stage.id)])
                leads.write(stage._prepare_probability_values())
        return res

    @api.model
    def _complete_won_values(self, vals):
        """Return ``vals`` with the default probability that a change of ``is_won`` implies."""
        if "default_probability" not in vals and "is_won" in vals:
            if vals["is_won"]:
                vals["default_probability"] = 100
            elif self:
                vals.update(default_probability=0, uses_default_probability=False)
        return vals

    def _sets_probability(self):
        """Whether a lead that enters this stage gets the stage's default.

        A won stage does not: core sets 100 % there by itself.

        :rtype: bool
        """
        return self.uses_default_probability and not self.is_won

    def _prepare_probability_values(self):
        """The values of leads that have the stage's default probability."""
        self.ensure_one()
        return {
            "probability": self.default_probability,
            "automated_probability": self.default_probability,
        }

    def _get_default_probability_leads(self):
        """The open, non-manual leads whose probability differs from their stage's default.

        :rtype: crm.lead
        """
        stages = self._origin.filtered(lambda stage: stage._sets_probability())
        stages.flush_recordset(["default_probability"])
        return stages._get_automatic_leads(
            SQL(
                "(SELECT stage.default_probability FROM crm_stage AS stage"
                " WHERE stage.id = crm_lead.stage_id)"
            )
        )

    def _get_automatic_leads(self, probability):
        """The open leads in these stages that nobody gave a probability by hand, and whose
        probability is not ``probability``.

        :param probability: in percent, or SQL of it over ``crm_lead``
        :rtype: crm.lead
        """
        Lead = self.env["crm.lead"]
        if not self:
            return Lead
        Lead.flush_model(["probability", "automated_probability", "stage_id", "won_status"])
        query = Lead._search([("stage_id", "in", self.ids), ("won_status", "=", "pending")])
        query.add_where(
            SQL(
                """ROUND(COALESCE(crm_lead.probability, 0)::numeric, 2)
                       = ROUND(COALESCE(crm_lead.automated_probability, 0)::numeric, 2)
                   AND ROUND(COALESCE(crm_lead.probability, 0)::numeric, 2)
                       != ROUND((%s)::numeric, 2)""",
                probability,
            )
        )
        return Lead.browse(query.get_result_ids())

    def action_apply_default_probability(self):
        """Give the stage's default to the open leads in it whose probability nobody typed in.

        :raises AccessError: when the user may not change stages
        """
        self.check_access("write")
        self._get_default_probability_leads()._set_stage_probability()
        return True

    # ------------------------------------------------------------
    # Standard stages
    # ------------------------------------------------------------

    @api.model
    def _install_standard_stages(self):
        """Replace core's four stages by the nine, on a database nobody has worked in yet.

        A lead, or a stage that core does not bring, says that somebody has: then nothing
        changes. Called once after installation.

        :return: the new stages, empty when nothing was changed
        """
        core_stages = self.browse()
        for number in range(1, 5):
            core_stages |= (
                self.env.ref(f"crm.stage_lead{number}", raise_if_not_found=False) or self.browse()
            )
        has_leads = self.env["crm.lead"].with_context(active_test=False).search_count([], limit=1)
        if has_leads or self.search([("id", "not in", core_stages.ids)], limit=1):
            return self.browse()
        core_stages.unlink()
        stages = self._create_standard_stages()
        self.env["ir.model.data"]._update_xmlids(
            [
                {"xml_id": f"lead_management.{xmlid}", "record": stage, "noupdate": True}
                for xmlid, stage in zip(STANDARD_STAGES, stages, strict=True)
            ]
        )
        return stages

    @api.model
    def _create_standard_stages(self, team=None):
        """Create the nine stages, named in every installed language.

        :param team: the sales team they are for (``crm.team``); for all teams when empty
        :return: the stages in their order
        """
        stages = self.with_context(lang="en_US").create(
            [
                self._prepare_standard_stage_values(index, definition, team)
                for index, definition in enumerate(STANDARD_STAGES.values(), start=1)
            ]
        )
        for code, _name in self.env["res.lang"].get_installed():
            translated = self.with_context(lang=code)
            for stage, (name, *_rest) in zip(stages, STANDARD_STAGES.values(), strict=True):
                stage.update_field_translations("name", {code: translated.env._(name)})
        return stages

    @api.model
    def _prepare_standard_stage_values(self, index, definition, team):
        """Values of one of the nine stages; extend it to add fields of your own."""
        name, probability, lead_type, color = definition
        return {
            "name": self.with_context(lang="en_US").env._(name),
            "sequence": index * 10,
            "uses_default_probability": True,
            "default_probability": probability,
            "lead_type": lead_type,
            "is_won": probability == 100,
            "rotting_threshold_days": 0 if probability == 100 else STALE_AFTER_DAYS,
            "color": color,
            "team_ids": team.ids if team else False,
        }
