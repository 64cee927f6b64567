from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_amount

from ..models.handover_plan import HandoverChoices


class CrmLeadWon(models.TransientModel):
    """The dialog behind "Won": says what will happen, then does exactly that."""

    _name = "crm.lead.won"
    _inherit = ["crm.lead.guard.mixin", "crm.lead.left.over.mixin", "crm.lead.told.mixin"]
    _description = "Win Leads"

    # the order begins: what is planned for it goes on, unless somebody closes it
    follow_up_choice = fields.Selection(default="keep")
    lead_ids = fields.Many2many(
        "crm.lead", string="Leads", required=True, context={"active_test": False}
    )
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    target = fields.Selection(
        [("new", "New project"), ("existing", "Existing project"), ("none", "No project")],
        compute="_compute_target",
        store=True,
        readonly=False,
    )
    project_name = fields.Char(compute="_compute_project_name", store=True, readonly=False)
    project_template_id = fields.Many2one(
        "project.project",
        "Template",
        compute="_compute_project_template_id",
        store=True,
        readonly=False,
        domain="[('is_template', '=', True), ('company_id', 'in', [company_id, False])]",
    )
    project_id = fields.Many2one(
        "project.project",
        compute="_compute_project_id",
        store=True,
        readonly=False,
        domain="[('is_template', '=', False), ('is_lead_project', '=', False),"
        " ('allow_timesheets', '=', True), ('company_id', 'in', [company_id, False])]",
    )
    user_id = fields.Many2one(
        "res.users",
        "Project Manager",
        compute="_compute_user_id",
        store=True,
        readonly=False,
        domain="[('share', '=', False), ('company_ids', 'in', [company_id])]",
    )
    partner_choice = fields.Selection(
        [
            ("create", "Create the contact"),
            ("link", "Link a contact"),
            ("none", "No contact"),
        ],
        compute="_compute_partner_choice",
        store=True,
        readonly=False,
    )
    similar_hint = fields.Json(
        compute="_compute_similar_hint",
        export_string_translation=False,
        help="Contacts that may be the lead's, to link instead of creating one: see the field of "
        "leads.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Customer",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        domain="[('company_id', 'in', [company_id, False])]",
    )
    main_order_id = fields.Many2one(
        "sale.order",
        "Main Offer",
        compute="_compute_main_order_id",
        store=True,
        readonly=False,
        domain="[('opportunity_id', 'in', lead_ids), ('state', '!=', 'cancel')]",
    )
    confirm_order = fields.Boolean(
        "Confirm it", compute="_compute_confirm_order", store=True, readonly=False
    )
    other_orders = fields.Selection(
        [("keep", "Keep them"), ("cancel", "Cancel them")], default="keep", required=True
    )
    hours_billable = fields.Boolean("Bill them to the customer")
    accept_other_customer = fields.Boolean("Add it all the same")

    has_orders = fields.Boolean(compute="_compute_plan")
    has_other_orders = fields.Boolean(compute="_compute_plan")
    has_other_customer = fields.Boolean(compute="_compute_plan")
    can_confirm_order = fields.Boolean(compute="_compute_plan")
    hours_count = fields.Integer(compute="_compute_plan")
    contact_text = fields.Char(compute="_compute_plan")
    order_text = fields.Char(compute="_compute_plan")
    other_orders_text = fields.Char(compute="_compute_plan")
    hours_text = fields.Char(compute="_compute_plan")
    tasks_text = fields.Char(compute="_compute_plan")
    warning_text = fields.Text(compute="_compute_plan")
    refusal_text = fields.Text(compute="_compute_plan")

    @api.constrains("main_order_id", "lead_ids")
    def _check_main_order_id(self):
        """No other offer is told or confirmed, also not by who could do that elsewhere."""
        for wizard in self:
            # sudo: the offer of a lead is told to who may read the lead
            order = wizard.main_order_id.sudo()
            if order.state == "cancel" and order.opportunity_id in wizard._get_leads().sudo():
                raise ValidationError(
                    self.env._(
                        "Offer %(offer)s was cancelled meanwhile. Close this dialog and open it "
                        "again.",
                        offer=order.name,
                    )
                )
            if order and not wizard._get_main_order():
                raise ValidationError(self.env._("The main offer is none of these leads' offers."))

    @api.constrains("user_id")
    def _check_user_id(self):
        """The manager follows the project: nobody from outside."""
        if self.user_id != self._filter_managers(self.user_id):
            raise ValidationError(self.env._("Choose an employee as project manager."))

    @api.model
    def _filter_managers(self, users):
        """Those of the users who may manage a project: employees who are still there."""
        # sudo: users of other companies need not be readable
        return users.filtered(lambda user: user.sudo().active and not user.sudo().share)

    @api.model
    def _check_sent_records(self, name, records):
        """The leads' offers, whoever wrote them, and the templates that are set up for them
        are told in the dialog to who may read the leads."""
        if name == "main_order_id":
            records -= records._filtered_by_lead_access()
        elif name == "project_template_id":
            records -= records._filtered_set_up_templates()
        return super()._check_sent_records(name, records)

    def _get_leads(self):
        """The leads, in the user's rights, also where a field is computed in sudo mode.

        :raises AccessError: when the user may not read one of them
        """
        return self._get_readable_leads()

    def _get_main_order(self):
        """The main offer, of the offers of the leads (``sale.order``).

        sudo: the offer of a lead is told to who may read the lead, whoever wrote it.
        """
        return self.main_order_id._origin.sudo() & self._get_leads()._get_offers()

    def _get_main_orders(self):
        """The offers that count (``sale.order``): the chosen one of a lead, those of several."""
        leads = self._get_leads()
        return leads._get_main_offers() if len(leads) > 1 else self._get_main_order()

    @api.depends("lead_ids")
    @api.depends_context("company")
    def _compute_company_id(self):
        for wizard in self:
            wizard.company_id = wizard._get_leads()._get_handover_company()

    # ------------------------------------------------------------
    # Proposals: only records that the user may read, or is told with the leads
    # ------------------------------------------------------------

    # One method per field: a value that the caller gives keeps the others computed.

    @api.depends("lead_ids", "project_id")
    def _compute_target(self):
        """A new project, unless there is one already: chosen, or of an order of the leads."""
        for wizard in self:
            wizard.target = "existing" if wizard.project_id else "new"

    @api.depends("lead_ids")
    def _compute_project_id(self):
        for wizard in self:
            leads = wizard._get_leads()
            # sudo: the order that runs in a project may be a colleague's
            projects = leads.sudo().won_project_id or leads._get_order_projects(leads._get_offers())
            readable = projects.sudo(False)._filtered_access("read")
            wizard.project_id = readable if len(projects) == 1 else False

    @api.depends("lead_ids")
    def _compute_project_name(self):
        for wizard in self:
            wizard.project_name = wizard._get_leads()[:1].name

    @api.depends("lead_ids")
    def _compute_project_template_id(self):
        for wizard in self:
            wizard.project_template_id = (
                wizard._get_leads()[:1].category_id.project_template_id
                or wizard.company_id.lead_won_project_template_id
            )

    @api.depends("lead_ids", "project_template_id")
    def _compute_user_id(self):
        for wizard in self:
            lead = wizard._get_leads()[:1]
            manager = wizard._filter_managers(wizard.project_template_id.user_id)
            wizard.user_id = manager or wizard._filter_managers(lead.user_id)

    @api.depends("lead_ids", "partner_choice")
    def _compute_similar_hint(self):
        for wizard in self:
            lead = wizard.lead_ids._origin
            is_asked = len(lead) == 1 and wizard.partner_choice == "create"
            wizard.similar_hint = is_asked and lead._get_similar_contact_lines()

    @api.depends("lead_ids")
    def _compute_partner_id(self):
        for wizard in self:
            leads = wizard._get_leads()
            lead = leads[:1]
            # sudo: the customer an offer was written for is the customer, whoever wrote it
            offer = leads.sudo().main_order_id[:1]
            partner = leads.partner_id[:1] or offer.partner_id.sudo(False)
            if lead and not partner:
                partner = lead._find_matching_partner()
            wizard.partner_id = partner._filtered_access("read")

    @api.depends("lead_ids")
    def _compute_partner_choice(self):
        for wizard in self:
            lead = wizard._get_leads()[:1]
            if wizard.partner_id or lead.partner_id:
                wizard.partner_choice = "link"
            elif lead.contact_name or lead.partner_name or lead.email_from:
                wizard.partner_choice = "create"
            else:
                wizard.partner_choice = "none"

    @api.depends("lead_ids")
    def _compute_main_order_id(self):
        for wizard in self:
            wizard.main_order_id = wizard._get_leads()._get_main_offers()[:1]

    @api.depends("lead_ids", "main_order_id")
    def _compute_confirm_order(self):
        """As the company has it, where the user may confirm the offer."""
        for wizard in self:
            wizard.confirm_order = (
                wizard.company_id.lead_won_confirm_order
                and wizard._get_main_orders().sudo(False).has_access("write")
            )

    # ------------------------------------------------------------
    # Plan: what will happen, in plain words; nothing is changed here
    # ------------------------------------------------------------

    @api.depends(
        "lead_ids",
        "target",
        "project_name",
        "project_template_id",
        "project_id",
        "partner_choice",
        "partner_id",
        "main_order_id",
        "confirm_order",
        "other_orders",
        "hours_billable",
        "accept_other_customer",
    )
    def _compute_plan(self):
        for wizard in self:
            plan = wizard._get_leads()._plan_handover(wizard._get_choices())
            main_order = wizard._get_main_order()
            wizard.has_orders = bool(main_order or plan.other_quotations)
            wizard.has_other_orders = bool(plan.other_quotations)
            wizard.can_confirm_order = main_order.state in (
                "draft",
                "sent",
            ) and main_order.sudo(False).has_access("write")
            wizard.has_other_customer = bool(plan.other_customer)
            wizard.hours_count = len(plan.moving)
            wizard.hours_text = wizard._get_hours_text(plan)
            wizard.tasks_text = wizard._get_tasks_text(plan)
            wizard.contact_text = wizard._get_contact_text()
            wizard.order_text = wizard._get_order_text()
            wizard.other_orders_text = wizard._get_other_orders_text(plan)
            wizard.warning_text = "\n".join(plan.warnings)
            wizard.refusal_text = "\n".join(plan.refusals)

    def _get_choices(self):
        """What the user decided so far, as the planner takes it (``HandoverChoices``)."""
        main_orders = self._get_main_orders()
        return HandoverChoices(
            target=self.target,
            company=self.company_id,
            project=self.project_id._origin
            if self.target == "existing"
            else self.project_id.browse(),
            project_values=self._prepare_project_values(),
            template=self.project_template_id._origin,
            partner_choice=self.partner_choice,
            partner=self.partner_id._origin
            if self.partner_choice == "link"
            else self.partner_id.browse(),
            main_orders=main_orders,
            orders_to_confirm=main_orders.filtered(
                lambda order: self.confirm_order and order.state in ("draft", "sent")
            ),
            cancel_other_orders=self.other_orders == "cancel",
            hours_billable=self.hours_billable,
            accept_other_customer=self.accept_other_customer,
        )

    def _prepare_project_values(self):
        """Values of a new project, blank or from a template; extend it to add more."""
        return {
            "name": self.project_name,
            "company_id": self.company_id.id,
            "user_id": self.user_id.id,
            "allow_billable": True,
            "allow_timesheets": True,
        }

    def _get_hours_text(self, plan):
        texts = []
        if plan.moving:
            texts.append(
                self.env._(
                    "%(hours)s move to the project. Their cost stays as it was recorded.",
                    hours=plan.moving._get_time_text(),
                )
            )
        if plan.invoiced:
            texts.append(
                self.env._(
                    "%(hours)s stay where they are: they are invoiced.",
                    hours=plan.invoiced._get_time_text(),
                )
            )
        if plan.locked:
            texts.append(
                self.env._(
                    "%(hours)s stay where they are: they are locked.",
                    hours=plan.locked._get_time_text(),
                )
            )
        if plan.elsewhere:
            texts.append(
                self.env._(
                    "%(hours)s stay in the project they are in already.",
                    hours=plan.elsewhere._get_time_text(),
                )
            )
        if not texts and sum(self._get_leads().mapped("effective_hours")):
            texts.append(self.env._("The recorded time stays in the lead project."))
        return " ".join(texts) or self.env._("No time was recorded.")

    def _get_tasks_text(self, plan):
        """How many tasks come from templates, and which of them wait for somebody."""
        # sudo: how many there are is told with the offer and with the template
        tasks = self.env["project.task"].sudo()
        chosen = plan.choices.template.sudo() if plan.choices.target == "new" else None
        own = tasks.search([("project_id", "in", chosen.ids)]) if chosen else tasks
        sold = [
            tasks.search([("project_id", "=", line.product_id.project_template_id.id)])
            for line in plan.template_lines
        ]
        texts = []
        if own:
            texts.append(
                self.env._(
                    "Tasks from template “%(template)s”: %(count)s.",
                    template=chosen.name,
                    count=len(own),
                )
            )
        if count := sum(map(len, sold)):
            names = plan.template_lines.product_id.project_template_id.mapped("name")
            texts.append(
                self.env._(
                    "Tasks of the sold products, from %(templates)s: %(count)s.",
                    templates=", ".join(f"“{name}”" for name in names),
                    count=count,
                )
            )
        roles = own.union(*sold).role_ids
        if roles:
            texts.append(
                self.env._(
                    "Roles stay on the tasks until you give them out: %(roles)s.",
                    roles=", ".join(roles.mapped("name")),
                )
            )
        return " ".join(texts)

    def _get_contact_text(self):
        partner = self.partner_id
        if self.partner_choice == "create":
            lead = self._get_leads()[:1]
            name = lead.contact_name or lead.partner_name or lead.email_from or lead.name
            return self.env._(
                "Contact “%(name)s” will be created and become a customer.", name=name
            )
        if self.partner_choice == "link" and partner:
            if partner.is_customer:
                return self.env._("“%(name)s” is a customer already.", name=partner.display_name)
            return self.env._("“%(name)s” will become a customer.", name=partner.display_name)
        return self.env._("The project will have no customer.")

    def _get_order_text(self):
        if len(self.lead_ids) > 1:
            orders = self._get_choices().orders_to_confirm
            if not orders:
                return self.env._("No offer is confirmed.")
            return self.env._(
                "Offers to be confirmed: %(names)s", names=", ".join(orders.mapped("name"))
            )
        order = self._get_main_order()
        if not order:
            return self.env._("No offer is confirmed.")
        label = self.env._(
            "Offer %(name)s, %(amount)s",
            name=order.name,
            amount=format_amount(self.env, order.amount_untaxed, order.currency_id),
        )
        if order.state not in ("draft", "sent"):
            return self.env._("%(offer)s, is confirmed already.", offer=label)
        if self.confirm_order:
            return self.env._("%(offer)s, will be confirmed.", offer=label)
        if not order.sudo(False).has_access("write"):
            return self.env._(
                "%(offer)s, stays a quotation; %(owner)s may confirm it.",
                offer=label,
                owner=order.user_id.name,
            )
        return self.env._("%(offer)s, stays a quotation.", offer=label)

    def _get_other_orders_text(self, plan):
        if not plan.other_quotations:
            return False
        names = ", ".join(plan.other_quotations.mapped("name"))
        if self.other_orders == "cancel":
            return self.env._("Other offers will be cancelled: %(names)s", names=names)
        return self.env._("Other offers stay open: %(names)s", names=names)

    # ------------------------------------------------------------
    # Apply
    # ------------------------------------------------------------

    def action_convert(self):
        """Win the leads and turn them into the project, in one transaction.

        Leads that were handed over meanwhile stay as they are: their project opens.

        :return: the project's action; the lead's where there is no project to open
        :raises UserError: when the plan has a refusal, or somebody else works on the leads
        :raises AccessError: when the user may not change a lead or confirm its offer
        """
        self._check_one()
        leads = self.lead_ids
        if not leads:
            self._refuse_no_leads()
        leads.check_access("write")
        leads._lock_for_handover()
        leads._check_not_handed_over_apart()
        if leads._is_handed_over() and not (
            self.project_id == leads.sudo().won_project_id and leads._has_rest_to_hand_over()
        ):
            return leads[:1].action_view_project()
        self._check_as_told()
        plan = leads._plan_handover(self._get_choices())
        if plan.refusals:
            raise UserError("\n".join(plan.refusals))
        leads._check_needs_of_won_stage()
        follow_ups = self._get_follow_ups_to_close()
        project = leads._apply_handover(plan)
        leads._close_left_over(follow_ups)
        return self._get_result_action(project)

    def _get_result_action(self, project):
        """Where the user lands, with core's celebration."""
        lead = self.lead_ids[:1]
        action = lead._get_project_action(project)
        message = lead._get_rainbowman_message() or self.env._("Won! Congratulations.")
        action["effect"] = {"type": "rainbow_man", "fadeout": "slow", "message": message}
        return action
