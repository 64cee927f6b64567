"""What a stage needs: a lead lacks nothing of it when a person moves it forward into the stage."""

from lxml import etree

from odoo import api, fields, models
from odoo.tools import is_html_empty

from ..exceptions import StageNeedsError
from ..tools.marks import NEEDS_SETTLED
from ..tools.sent import sent_id

# how many leads a refusal names
NAMED_LEADS = 10
CONTACT_FIELDS = ("partner_id", "contact_name", "partner_name", "phone", "email_from")
# what entering a stage brings with it; other values may change what is missing
ENTRY_FIELDS = frozenset(
    ("stage_id", "type", "active", "probability", "automated_probability", "date_conversion")
)


class CrmLead(models.Model):
    _inherit = "crm.lead"

    category_properties = fields.Properties(
        "Questions",
        definition="category_id.properties_definition",
        copy=True,
        # core would read it on every save, as it does of a definition that is tracked
        tracking=False,
        help="The answers to the questions of the lead's category.",
    )
    has_questions = fields.Boolean(compute="_compute_has_questions", compute_sudo=True)
    missing_needs = fields.Char(
        "Missing",
        compute="_compute_missing_needs",
        help="What the lead lacks for the phase it was to move to.",
    )
    lacks_offer = fields.Boolean(compute="_compute_missing_needs")

    @api.depends("category_id.properties_definition")
    def _compute_has_questions(self):
        for lead in self:
            lead.has_questions = bool(lead.category_id.properties_definition)

    @api.depends("stage_id", "category_properties", "order_ids", *CONTACT_FIELDS)
    @api.depends_context("lead_needs_stage_view_ref", "lang")
    def _compute_missing_needs(self):
        stage = self._get_needed_stage()
        missing = self._origin._find_missing_needs(stage) if stage else {}
        for lead in self:
            needs = missing.get(lead._origin, {})
            lead.missing_needs = ", ".join(needs.values())
            lead.lacks_offer = "needs_offer" in needs

    # ------------------------------------------------------------
    # The rule
    # ------------------------------------------------------------

    def _refuse_unmet_needs(self, vals):
        """Rule of ``write``: nobody moves a lead forward into a stage whose needs it does not
        meet with the values that are saved.

        Needs are those of the stage that is entered, not of the stages passed by. They hold for
        people: not for the system, imports, new leads, nor where a rule chose the stage.

        :raises StageNeedsError: a ``UserError`` that names the leads and what they lack
        """
        is_archived = "active" in vals and not vals["active"]
        if vals.get("stage_id") and not is_archived:
            # sudo: what a stage needs is told to everybody
            stage = self.env["crm.stage"].sudo().browse(vals["stage_id"])
            self._check_needs(stage, vals)
        return [(self, vals)]

    def _check_needs(self, stage, vals=None):
        """Check the leads that go forward into ``stage``.

        :param stage: ``crm.stage`` in sudo mode
        :param dict vals: what is saved along with it
        :raises AccessError: when the user may not change a lead
        :raises StageNeedsError: when a lead lacks what the stage needs
        """
        if not stage or self._is_freed_from_needs() or not stage._has_needs():
            return
        entering = self.filtered(lambda lead: stage._comes_after(lead.stage_id.sudo()))
        entering.check_access("write")
        found = entering._find_missing_needs(stage, vals or {})
        missing = {lead: needs for lead, needs in found.items() if needs}
        if missing:
            self.browse().concat(*missing)._raise_missing_needs(stage, missing)

    def _is_freed_from_needs(self):
        """Whether these leads are saved by the system, by a job, or in an import."""
        return self.env.su or self.env.context.get("lead_needs") is NEEDS_SETTLED

    def _check_needs_of_won_stage(self):
        """Check the leads that are about to be won, before anything is done.

        :raises StageNeedsError: when a lead lacks what its won stage needs
        """
        for leads in (
            self.filtered(lambda lead: lead.won_status != "won")
            .grouped(lambda lead: (lead.team_id, lead.stage_id))
            .values()
        ):
            stages = leads._stage_find(domain=[("is_won", "=", True)], limit=None).sudo()
            sequence = leads[0].stage_id.sequence
            # as core chooses it
            later = stages.filtered(lambda stage, least=sequence: stage.sequence > least)
            leads._check_needs((later or stages[::-1])[:1])

    def _get_missing_needs(self, stage):
        """What each of these leads lacks for ``stage``.

        :param stage: ``crm.stage``
        :return: dict of lead to list of labels in the user's language, empty when nothing is
            missing
        :raises AccessError: when the user may not read a lead
        """
        self.check_access("read")
        found = self._find_missing_needs(stage)
        return {lead: list(needs.values()) for lead, needs in found.items()}

    # ------------------------------------------------------------
    # What is missing
    # ------------------------------------------------------------

    def _find_missing_needs(self, stage, vals=None):
        """What each of these leads lacks once ``vals`` are saved.

        :return: dict of lead to dict of need to label; a need is the name of a field of the
            lead, ``needs_offer``, ``needs_contact``, or a question's name behind ``?``
        """
        # sudo: whether a field is empty is told to who moves the lead; it may be out of sight
        stage = stage.sudo()
        required = {field.name: field.field_description for field in stage.required_field_ids}
        offers = self._get_offers().opportunity_id if stage.needs_offer else self.browse()
        found = {}
        drafts = self._draft_with_values(vals or {}, required)
        for lead, draft in zip(self, drafts, strict=True):
            needs = {
                name: label
                for name, label in required.items()
                if draft._is_field_missing(self._fields.get(name))
            }
            if stage.needs_contact and not draft._has_contact():
                needs["needs_contact"] = self.env._("Contact")
            if stage.needs_offer and lead.id not in offers.ids:
                needs["needs_offer"] = self.env._("Offer")
            if stage.needs_category_questions and not draft.category_id:
                # its questions are asked for next
                needs["category_id"] = self.env._("Category")
            elif stage.needs_category_questions:
                needs.update(draft._get_open_questions())
            found[lead] = needs
        return found

    def _draft_with_values(self, vals, required):
        """These leads as they are once ``vals`` are saved.

        :param required: the names of the fields that are looked at
        :return: as many ``crm.lead`` in sudo mode, drafts where ``vals`` may change something
        """
        # sudo: see _find_missing_needs
        leads = self.sudo()
        names = vals.keys() - (ENTRY_FIELDS - set(required)) - {"stage_id", "type"}
        if not names:
            return leads
        # the category first: its questions take the answers
        values = {
            name: vals[name] for name in sorted(names, key=lambda name: name != "category_id")
        }
        # together, so that they read what they have of the leads together
        drafts = leads.browse().concat(*(leads.new(origin=lead) for lead in leads))
        drafts.update(values)
        return drafts

    def _is_field_missing(self, field):
        """Whether the lead has no value in a field. A boolean always has one, 0 is none."""
        if not field or field.type == "boolean":
            return False
        value = self[field.name]
        if field.type == "html":
            return is_html_empty(value)
        return not (value.strip() if isinstance(value, str) else value)

    def _has_contact(self):
        """Whether the lead has a linked contact, or a name and a way to reach it."""
        has_name = self.contact_name or self.partner_name
        return bool(self.partner_id or (has_name and (self.phone or self.email_from)))

    def _get_open_questions(self):
        """The questions of the lead's category without an answer: dict of name to label."""
        answers = self.category_properties or {}
        return {
            f"?{question['name']}": question.get("string") or question["name"]
            for question in self.category_id.properties_definition or []
            if question["type"] not in ("boolean", "separator")
            and not answers.get(question["name"])
        }

    # ------------------------------------------------------------
    # Filling it in
    # ------------------------------------------------------------

    def _raise_missing_needs(self, stage, missing):
        """:raises StageNeedsError: with what ``missing`` says of these leads"""
        stage_name = stage.name
        texts = {lead: ", ".join(missing[lead].values()) for lead in self}
        if len(self) == 1:
            raise StageNeedsError(
                self.env._(
                    "“%(lead)s” cannot move to “%(stage)s” yet. Missing: %(labels)s",
                    lead=self.name,
                    stage=stage_name,
                    labels=texts[self],
                ),
                self._get_needs_action(stage, missing[self]),
                self.env._("Fill In"),
            )
        lines = [f"{lead.name}: {texts[lead]}" for lead in self[:NAMED_LEADS]]
        if len(self) > NAMED_LEADS:
            lines.append(self.env._("and %(count)s more", count=len(self) - NAMED_LEADS))
        message = self.env._("These leads cannot move to “%(stage)s” yet.", stage=stage_name)
        raise StageNeedsError(
            "\n".join([message, self.env._("Missing:"), *lines]),
            self._get_needs_action(stage),
            self.env._("Show the Leads"),
        )

    def _get_needs_action(self, stage, needs=()):
        """The form with the missing fields of one lead, the list of several leads."""
        form = self.env.ref("lead_management.crm_lead_view_form_needs")
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Missing for “%(stage)s”", stage=stage.name),
            "res_model": "crm.lead",
            # of a context, the browser tells get_view nothing but names with this ending
            "context": {"lead_needs_stage_view_ref": stage.id, "active_test": False},
        }
        if len(self) == 1:
            names = self._get_needed_fields(stage, needs)
            action["context"]["lead_needs_names_view_ref"] = ",".join(names)
            return {**action, "res_id": self.id, "views": [(form.id, "form")], "target": "new"}
        view = self.env.ref("lead_management.crm_lead_view_list_needs")
        return {
            **action,
            "views": [(view.id, "list")],
            "domain": [("id", "in", self.ids)],
        }

    @api.model
    def _get_needed_stage(self):
        """The stage that the needs on the screen are of (``crm.stage``), by the context."""
        stage_id = sent_id(self.env.context.get("lead_needs_stage_view_ref"))
        return self.env["crm.stage"].browse(stage_id or []).exists()

    @api.model
    def _get_needed_fields(self, stage, needs=None):
        """The fields in which a stage's needs are filled in; the missing ones, if told."""
        # sudo: what a stage needs is told to everybody
        stage = stage.sudo()
        names = [
            name
            for name in stage.required_field_ids.mapped("name")
            if needs is None or name in needs
        ]
        if stage.needs_contact and (needs is None or "needs_contact" in needs):
            names += CONTACT_FIELDS
        questions = needs is None or any(n.startswith("?") or n == "category_id" for n in needs)
        if stage.needs_category_questions and questions:
            names += ["category_id", "category_properties"]
        return list(dict.fromkeys(names))

    @api.model
    def _get_shown_needs(self):
        """The fields in the form of what is missing: dict of name to whether it is required."""
        stage = self._get_needed_stage()
        names = self._get_needed_fields(stage) if stage else []
        asked = self.env.context.get("lead_needs_names_view_ref")
        if isinstance(asked, str):
            names = [name for name in names if name in asked.split(",")]
        required = stage.sudo().required_field_ids.mapped("name")
        return {name: name in required for name in names}

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        key = super()._get_view_cache_key(view_id, view_type, **options)
        if self.env.context.get("lead_needs_stage_view_ref"):
            key += tuple(self._get_shown_needs().items())
        return key

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Put the missing fields into the form that fills them in."""
        arch, view = super()._get_view(view_id, view_type, **options)
        group = arch.find(".//group[@name='lead_needs']")
        if group is not None:
            for name, is_required in self._get_shown_needs().items():
                is_boolean = self._fields[name].type == "boolean"
                attributes = {"required": "1"} if is_required and not is_boolean else {}
                if name == "category_properties":
                    attributes = {"nolabel": "1", "columns": "2", "colspan": "2"}
                etree.SubElement(group, "field", name=name, **attributes)
        return arch, view

    def web_save(self, vals, specification, next_id=None):
        """The form of what is missing saves it and the stage in one write.

        :raises StageNeedsError: when something is still missing
        """
        stage = self._get_needed_stage()
        if stage and len(self) == 1:
            vals = {**vals, "stage_id": stage.id}
        return super().web_save(vals, specification, next_id=next_id)

    def action_fill_in_needs(self):
        """Open the form of what the lead lacks, in the list of several leads that lack something.

        :return: the action of the form; where nothing is missing, the lead moves
        :raises AccessError: when the user may not change the lead
        """
        self._check_one()
        self.check_access("write")
        stage = self._get_needed_stage()
        needs = self._find_missing_needs(stage)[self] if stage else {}
        if not needs:
            return self.action_enter_needed_stage()
        return self._get_needs_action(stage, needs)

    def action_enter_needed_stage(self):
        """Move the lead into the stage that its form of what is missing is for.

        :return: an action that closes the form
        :raises StageNeedsError: when something is still missing
        """
        self._check_one()
        self.check_access("write")
        stage = self._get_needed_stage()
        if stage and self.stage_id != stage:
            self.write({"stage_id": stage.id})
        return {"type": "ir.actions.act_window_close", "infos": {"stageEntered": True}}
