from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_amount, format_date, format_duration
from odoo.tools.misc import clean_context


class CrmLeadWon(models.TransientModel):
    """The dialog behind "Won": says what will happen, then does exactly that."""

    _name = "crm.lead.won"
    _description = "Win Leads"

    lead_ids = fields.Many2many("crm.lead", string="Leads", required=True)
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    target = fields.Selection(
        [("new", "New project"), ("existing", "Existing project"), ("none", "No project")],
        default="new",
        required=True,
    )
    project_name = fields.Char(compute="_compute_from_leads", store=True, readonly=False)
    project_template_id = fields.Many2one(
        "project.project",
        "Template",
        compute="_compute_from_leads",
        store=True,
        readonly=False,
        domain="[('is_template', '=', True), ('company_id', 'in', [company_id, False])]",
    )
    project_id = fields.Many2one(
        "project.project",
        "Project",
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
        compute="_compute_partner",
        store=True,
        readonly=False,
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Customer",
        compute="_compute_partner",
        store=True,
        readonly=False,
    )
    order_ids = fields.Many2many("sale.order", compute="_compute_order_ids")
    main_order_id = fields.Many2one(
        "sale.order",
        "Main Offer",
        compute="_compute_main_order_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', order_ids)]",
    )
    confirm_order = fields.Boolean(
        "Confirm it", compute="_compute_main_order_id", store=True, readonly=False
    )
    other_orders = fields.Selection(
        [("keep", "Keep them"), ("cancel", "Cancel them")], default="keep", required=True
    )
    hours_billable = fields.Boolean("Bill them to the customer")

    has_other_orders = fields.Boolean(compute="_compute_plan")
    can_confirm_order = fields.Boolean(compute="_compute_plan")
    hours_count = fields.Integer(compute="_compute_plan")
    contact_text = fields.Char(compute="_compute_plan")
    order_text = fields.Char(compute="_compute_plan")
    other_orders_text = fields.Char(compute="_compute_plan")
    hours_text = fields.Char(compute="_compute_plan")
    warning_text = fields.Text(compute="_compute_plan")
    refusal_text = fields.Text(compute="_compute_plan")

    # ------------------------------------------------------------
    # Proposals
    # ------------------------------------------------------------

    @api.depends("lead_ids")
    @api.depends_context("company")
    def _compute_company_id(self):
        for wizard in self:
            wizard.company_id = wizard.lead_ids.company_id[:1] or self.env.company

    @api.depends("lead_ids")
    def _compute_from_leads(self):
        for wizard in self:
            lead = wizard.lead_ids[:1]
            wizard.project_name = lead.name
            wizard.project_template_id = (
                lead.category_id.project_template_id
                or wizard.company_id.lead_won_project_template_id
            )

    @api.depends("lead_ids", "project_template_id")
    def _compute_user_id(self):
        for wizard in self:
            wizard.user_id = wizard.project_template_id.user_id or wizard.lead_ids[:1].user_id

    @api.depends("lead_ids")
    def _compute_partner(self):
        for wizard in self:
            lead = wizard.lead_ids[:1]
            partner = wizard.lead_ids.partner_id[:1] or (lead and lead._find_matching_partner())
            wizard.partner_id = partner
            if partner:
                wizard.partner_choice = "link"
            elif lead.contact_name or lead.partner_name or lead.email_from:
                wizard.partner_choice = "create"
            else:
                wizard.partner_choice = "none"

    @api.depends("lead_ids")
    def _compute_order_ids(self):
        for wizard in self:
            wizard.order_ids = wizard.lead_ids.order_ids.filtered(
                lambda order: order.state != "cancel"
            )

    @api.depends("lead_ids")
    def _compute_main_order_id(self):
        for wizard in self:
            wizard.main_order_id = wizard.lead_ids.main_order_id[:1]
            wizard.confirm_order = wizard.company_id.lead_won_confirm_order

    # ------------------------------------------------------------
    # Plan: what will happen, in plain words; nothing is changed here
    # ------------------------------------------------------------

    @api.depends(
        "lead_ids",
        "target",
        "project_id",
        "partner_choice",
        "partner_id",
        "main_order_id",
        "confirm_order",
        "other_orders",
        "hours_billable",
    )
    def _compute_plan(self):
        for wizard in self:
            moving, staying = wizard.lead_ids._origin._get_conversion_hours()
            if wizard.target == "none":
                moving, staying = moving.browse(), moving | staying
            others = wizard._get_other_quotations()
            wizard.has_other_orders = bool(others)
            wizard.can_confirm_order = wizard.main_order_id.state in ("draft", "sent")
            wizard.hours_count = len(moving)
            wizard.hours_text = wizard._get_hours_text(moving, staying)
            wizard.contact_text = wizard._get_contact_text()
            wizard.order_text = wizard._get_order_text()
            wizard.other_orders_text = wizard._get_other_orders_text(others)
            wizard.warning_text = "\n".join(wizard._get_warnings())
            wizard.refusal_text = "\n".join(wizard._get_refusals(moving))

    def _get_other_quotations(self):
        """The undecided offers of the leads besides the main one (``sale.order``)."""
        return self.order_ids.filtered(lambda order: order.state in ("draft", "sent")) - (
            self.main_order_id._origin
        )

    def _get_hours_text(self, moving, staying):
        texts = []
        if moving:
            texts.append(
                self.env._(
                    "%(duration)s, recorded by %(people)s, move to the project. Their cost stays.",
                    duration=self._format_duration(moving),
                    people=self._format_people(moving),
                )
            )
        if staying:
            texts.append(
                self.env._(
                    "%(duration)s stay where they are: they are invoiced.",
                    duration=self._format_duration(staying),
                )
                if self.target != "none"
                else self.env._(
                    "%(duration)s stay in the lead project.",
                    duration=self._format_duration(staying),
                )
            )
        return " ".join(texts) or self.env._("No time was recorded.")

    def _format_duration(self, lines):
        """The lines' total as text, in the unit that the company records time in."""
        total = sum(lines.mapped("unit_amount"))
        if lines._is_timesheet_encode_uom_day():
            return self.env._("%(days)s days", days=lines._convert_hours_to_days(total))
        return self.env._("%(hours)s hours", hours=format_duration(total))

    def _format_people(self, lines):
        names = lines.employee_id.mapped("name")
        if len(names) > 2:
            return self.env._("%(count)s people", count=len(names))
        return self.env._(" and ").join(names)

    def _get_contact_text(self):
        partner = self.partner_id
        if self.partner_choice == "create":
            lead = self.lead_ids[:1]
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
        order = self.main_order_id
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
        return self.env._("%(offer)s, stays a quotation.", offer=label)

    def _get_other_orders_text(self, others):
        if not others:
            return False
        names = ", ".join(others.mapped("name"))
        if self.other_orders == "cancel":
            return self.env._("Other offers will be cancelled: %(names)s", names=names)
        return self.env._("Other offers stay open: %(names)s", names=names)

    def _get_warnings(self):
        """What the user should know before clicking; extend it to add more."""
        warnings = []
        if self.main_order_id.is_expired and self.can_confirm_order and self.confirm_order:
            warnings.append(
                self.env._(
                    "Offer %(name)s expired on %(date)s.",
                    name=self.main_order_id.name,
                    date=format_date(self.env, self.main_order_id.validity_date),
                )
            )
        similar = self.lead_ids[:1]._origin._find_similar_partners()
        if self.partner_choice == "create" and similar:
            warnings.append(
                self.env._(
                    "Similar contacts exist: %(names)s. Choose “Link a contact” to use one.",
                    names=", ".join(similar.mapped("display_name")),
                )
            )
        partner = self.partner_id.commercial_partner_id
        if self.target == "existing" and self.project_id and partner:
            customer = self.project_id.partner_id.commercial_partner_id
            if customer and customer != partner:
                warnings.append(
                    self.env._(
                        "The project is for %(customer)s, the lead is from %(partner)s.",
                        customer=customer.display_name,
                        partner=partner.display_name,
                    )
                )
        return warnings

    def _get_refusals(self, moving):
        """Why the conversion cannot be done as it is set up; extend it to add more."""
        refusals = []
        if self.target == "new" and not self.project_name:
            refusals.append(self.env._("Give the new project a name."))
        if self.target == "existing" and not self.project_id:
            refusals.append(self.env._("Choose the project."))
        if self.partner_choice == "link" and not self.partner_id:
            refusals.append(self.env._("Choose the contact to link."))
        if len(self.lead_ids.company_id) > 1:
            refusals.append(self.env._("The leads belong to different companies."))
        if self.target == "existing" and self.project_id and moving:
            # sudo: the accounts of the project need not be readable for a salesperson
            project = self.project_id.sudo()
            if not project.account_id.active:
                refusals.append(
                    self.env._(
                        "Project “%(project)s” has no active analytic account for the hours.",
                        project=project.name,
                    )
                )
            if project.company_id and moving.company_id - project.company_id:
                refusals.append(
                    self.env._(
                        "The hours belong to another company than project “%(project)s”.",
                        project=project.name,
                    )
                )
        return refusals

    # ------------------------------------------------------------
    # Apply
    # ------------------------------------------------------------

    def action_convert(self):
        """Win the leads and turn them into the project, in one transaction.

        :return: the project's action; the lead's where there is no project to open
        :raises UserError: when the plan has a refusal, or somebody else converted a lead
        :raises AccessError: when the user may not change a lead or confirm its offer
        """
        self.ensure_one()
        leads = self.lead_ids
        leads.check_access("write")
        leads._lock_for_conversion()
        if self.refusal_text:
            raise UserError(self.refusal_text)
        facts = self._apply_contact()
        leads.filtered(lambda lead: lead.won_status != "won").action_set_won()
        project = self._get_or_create_project()
        if project:
            leads.write({"project_id": project.id})
        else:
            leads.write({"project_state": "no_project"})
        facts += self._apply_orders(project)
        if project:
            facts += self._apply_hours(project)
            self._share_followers(project)
        leads._post_conversion_messages(project, facts)
        return self._get_result_action(project)

    # Each of the following does its part and returns sentences about what it did.

    def _apply_contact(self):
        """Create or link the contact and make it a customer."""
        if self.partner_choice == "none":
            return []
        leads = self.lead_ids
        if self.partner_choice == "create":
            leads[:1]._handle_partner_assignment(create_missing=True)
            self.partner_id = leads[:1].partner_id
        others = leads.filtered(lambda lead: lead.partner_id != self.partner_id)
        others._handle_partner_assignment(force_partner_id=self.partner_id.id, create_missing=False)
        name = self.partner_id.display_name
        facts = []
        if self.partner_choice == "create":
            facts.append(self.env._("Contact “%(name)s” was created.", name=name))
        elif others:
            facts.append(self.env._("Contact “%(name)s” was linked.", name=name))
        if not self.partner_id.is_customer:
            self.partner_id.action_activate_customer()
            facts.append(self.env._("“%(name)s” became a customer.", name=name))
        return facts

    def _apply_hours(self, project):
        moved, staying = self.lead_ids._move_hours(project, billable=self.hours_billable)
        facts = []
        if moved:
            facts.append(
                self.env._(
                    "%(duration)s, recorded by %(people)s, moved to the project.",
                    duration=self._format_duration(moved),
                    people=self._format_people(moved),
                )
            )
        if staying:
            facts.append(
                self.env._(
                    "%(duration)s stayed where they are: they are invoiced.",
                    duration=self._format_duration(staying),
                )
            )
        return facts

    def _get_or_create_project(self):
        """The target (``project.project`` in sudo mode), empty for no project.

        sudo: salespeople have no project rights; access to the leads was checked. Defaults
        of the calling view must not leak into the new project.
        """
        Project = self.env["project.project"].with_context(clean_context(self.env.context)).sudo()
        Project = Project.with_company(self.company_id)
        if self.target == "existing":
            self.project_id.check_access("read")
            return Project.browse(self.project_id.id)
        if self.target == "none":
            return Project
        values = self._prepare_project_values()
        if self.project_template_id:
            template = Project.browse(self.project_template_id.id)
            return template.action_create_from_template(values)
        return Project.create(values | self._prepare_blank_project_values())

    def _prepare_project_values(self):
        """Values of a new project, blank or from a template; extend it to add more."""
        return {
            "name": self.project_name,
            "partner_id": self.partner_id.id if self.partner_choice != "none" else False,
            "company_id": self.company_id.id,
            "user_id": self.user_id.id,
            "allow_billable": True,
            "allow_timesheets": True,
        }

    def _prepare_blank_project_values(self):
        """What a template would bring: columns, and who sees the project.

        Employees only: with core's default, portal, the customer could read the presales hours.
        """
        stages = [self.env._("To Do"), self.env._("In Progress"), self.env._("Done")]
        return {
            "privacy_visibility": "employees",
            "type_ids": [
                Command.create({"name": name, "sequence": index, "fold": index == len(stages)})
                for index, name in enumerate(stages, start=1)
            ],
        }

    def _apply_orders(self, project):
        """Link the offers to the project, confirm the main one, cancel the others if chosen."""
        main, others = self.main_order_id, self._get_other_quotations()
        facts = []
        if self.other_orders == "cancel" and others:
            others.action_cancel()
            names = ", ".join(others.mapped("name"))
            facts.append(self.env._("Other offers were cancelled: %(names)s", names=names))
        if project:
            self._link_orders(project)
        if self.confirm_order and main.state in ("draft", "sent"):
            main.with_context(clean_context(self.env.context)).action_confirm()
            facts.append(self.env._("Offer %(name)s was confirmed.", name=main.name))
        self._set_project_order_line(project)
        return facts

    def _set_project_order_line(self, project):
        """Time recorded in the project from now on counts on the confirmed offer's service.

        Only once it is confirmed: a draft line on a project would confirm its quotation.
        """
        order = self.main_order_id
        line = order.order_line.filtered("is_service")[:1]
        customer = project.partner_id.commercial_partner_id
        if (
            line
            and order.state == "sale"
            and not project.sale_line_id
            and customer == order.partner_id.commercial_partner_id
        ):
            project.write({"sale_line_id": line.id, "reinvoiced_sale_order_id": order.id})

    def _link_orders(self, project):
        orders = self.order_ids.filtered(
            lambda order: order.state != "cancel" and not order.project_id
        )
        if not orders:
            return
        if not project.allow_billable:
            # both at once: core clears the customer of a project that is not billable
            partner = project.partner_id or self.partner_id
            project.write({"allow_billable": True, "partner_id": partner.id})
        orders.write({"project_id": project.id})

    def _share_followers(self, project):
        """The leads' followers follow the project; only employees, customers are not told."""
        partners = self.lead_ids.message_partner_ids
        project.message_subscribe(
            partner_ids=partners.filtered(
                lambda partner: any(not user.share for user in partner.sudo().user_ids)
            ).ids
        )

    def _get_result_action(self, project):
        """Where the user lands, with core's celebration."""
        lead = self.lead_ids[:1]
        project = project.with_env(self.env)
        if project and project.has_access("read"):
            action = lead._get_project_action(project)
        else:
            action = {
                "type": "ir.actions.act_window",
                "name": lead.display_name,
                "res_model": "crm.lead",
                "res_id": lead.id,
                "views": [(False, "form")],
            }
        message = lead._get_rainbowman_message() or self.env._("Won! Congratulations.")
        action["effect"] = {"type": "rainbow_man", "fadeout": "slow", "message": message}
        return action
