"""What the access tests let every role try: one method per operation.

Each takes the lead in the user's rights and the role's world, and returns something true when
it had its effect, checked in superuser mode where it writes. ``find_…`` methods search: there,
finding nothing is as good as being refused. Preparations are made in superuser mode.
"""

from odoo import fields
from odoo.fields import Command


class RoleOperations:
    # ------------------------------------------------------------
    # Leads
    # ------------------------------------------------------------

    def do_read(self, lead, world):
        values = lead.read(["name", "description", "expected_revenue", "category_id"])
        return values[0]["name"] == lead.sudo().name

    def do_read_all_fields(self, lead, world):
        """As an export or an integration does: every field the user may see."""
        return lead.read()[0]["name"]

    def do_read_form(self, lead, world):
        """Every field of the form that the lead opens in for this user."""
        view_id = False
        if not world.user.has_group("sales_team.group_sale_salesman"):
            view_id = self.env.ref("lead_management.crm_lead_view_form_notes").id
        views = lead.get_views([(view_id, "form")])
        names = views["models"]["crm.lead"]["fields"]
        return lead.web_read({name: {} for name in names})

    def find_lead(self, lead, world):
        return lead.search([("id", "in", lead.ids)])

    def find_by_name(self, lead, world):
        return lead.name_search(lead.sudo().name)

    def find_groups(self, lead, world):
        """The board's columns and the reports' rows."""
        groups = lead.formatted_read_group(
            [("id", "in", lead.ids)], ["stage_id"], ["expected_revenue:sum"]
        )
        return [group for group in groups if group["expected_revenue:sum"]]

    def do_write(self, lead, world):
        lead.write({"name": "Written"})
        return lead.sudo().name == "Written"

    def do_write_category(self, lead, world):
        lead.write({"category_id": self.other_category.id})
        return lead.sudo().category_id == self.other_category

    def do_change_stage(self, lead, world):
        lead.write({"stage_id": self.stages["opened"].id})
        return lead.sudo().stage_id == self.stages["opened"]

    def do_create(self, lead, world):
        """A lead for the same person as ``lead``'s."""
        values = {"name": "Created", "user_id": lead.sudo().user_id.id, "team_id": self.team.id}
        return lead.create(values).sudo().name == "Created"

    def do_delete(self, lead, world):
        """A lead without hours, of the same person as ``lead``'s."""
        fresh = self.create_lead(user_id=lead.sudo().user_id.id).with_env(lead.env)
        self.settle()
        fresh.unlink()
        return not fresh.exists()

    def do_create_contact(self, lead, world):
        lead.action_create_contact()
        return lead.sudo().partner_id.name == lead.sudo().contact_name

    def do_activate_customer(self, lead, world):
        lead.sudo().partner_id = self.create_partner("Prospect")
        self.settle()
        lead.action_activate_customer()
        return lead.sudo().partner_id.is_customer

    def do_open_decline(self, lead, world):
        action = lead.action_decline()
        return action["res_model"] == "crm.lead.lost"

    def do_decline(self, lead, world):
        dialog = lead.env["crm.lead.lost"].create(
            {"lead_ids": [Command.set(lead.ids)], "lost_reason_id": self.reason.id}
        )
        dialog.action_lost_reason_apply()
        return lead.sudo().won_status == "lost"

    def do_decline_by_rpc(self, lead, world):
        lead.action_set_lost(lost_reason_id=self.reason.id)
        return lead.sudo().won_status == "lost"

    def do_not_qualified(self, lead, world):
        return lead.action_not_qualified()["res_model"] == "crm.lead.lost"

    def do_qualify(self, lead, world):
        fresh = self.create_lead(stage="new", user_id=lead.sudo().user_id.id).with_env(lead.env)
        self.settle()
        fresh.action_qualify()
        return fresh.sudo().type == "opportunity"

    def do_put_on_hold(self, lead, world):
        lead.write({"wake_up_date": "2099-01-01"})
        return lead.sudo().is_on_hold

    def do_restore(self, lead, world):
        target = world.declined[self.target].with_env(lead.env)
        target.action_restore()
        return target.sudo().won_status == "pending"

    def do_blank_person(self, lead, world):
        lead.action_blank_person()
        return lead.sudo().name.startswith("Erased")

    def do_new_offer(self, lead, world):
        lead.sudo().partner_id = self.create_partner("Prospect")
        self.settle()
        return lead.action_new_offer()["context"]["default_opportunity_id"] == lead.id

    def do_take_over(self, lead, world):
        lead.action_take_over_offer()
        return lead.sudo().value_source == "offer" and lead.sudo().expected_revenue == 1000

    def do_edit_offer(self, lead, world):
        """Core's own right; the value follows, whoever edits."""
        lead.sudo().action_take_over_offer()
        self.settle()
        order = lead.sudo().main_order_id.with_env(lead.env)
        order.write({"date_order": fields.Datetime.now()})
        return lead.sudo().expected_revenue == 1000

    # ------------------------------------------------------------
    # Notes and documents
    # ------------------------------------------------------------

    def do_read_document(self, lead, world):
        document = lead.sudo().attachment_ids[:1].with_env(lead.env)
        return document.read(["raw"])[0]["raw"] == b"Confidential document"

    def find_document(self, lead, world):
        return lead.env["ir.attachment"].search(
            [("res_model", "=", "crm.lead"), ("res_id", "=", lead.id)]
        )

    def do_add_document(self, lead, world):
        return lead.env["ir.attachment"].create(
            {"name": "New", "raw": b"x", "res_model": "crm.lead", "res_id": lead.id}
        )

    def do_read_note(self, lead, world):
        note = self._get_note(lead)
        return "Confidential" in note.with_env(lead.env).read(["body"])[0]["body"]

    def find_note(self, lead, world):
        return lead.env["mail.message"].search([("id", "in", self._get_note(lead).ids)])

    def _get_note(self, lead):
        notes = lead.sudo().message_ids
        return notes.filtered(lambda note: "Confidential" in (note.body or ""))

    def do_post_note(self, lead, world):
        return lead.message_post(body="Posted").sudo().res_id == lead.id

    def plan_due(self, lead):
        """A colleague's follow-up on the lead, due today, with the rights of ``lead``'s user."""
        activity = lead.with_env(self.env).activity_schedule(
            "mail.mail_activity_data_call", self.today(), user_id=self.sales_manager.id
        )
        self.settle()
        return activity.with_env(lead.env)

    def do_send_documents(self, lead, world):
        dialogs = lead.env["crm.lead.document.send"]
        files = lead.sudo().attachment_ids
        values = {"lead_id": lead.id, "file_ids": files.ids, "with_offer": False}
        dialog = dialogs.browse(dialogs.web_save(values, {})[0]["id"])
        return dialog.action_send()["context"]["default_attachment_ids"] == files.ids

    def do_snooze(self, lead, world):
        activity = self.plan_due(lead)
        lead.action_snooze(1)
        return activity.sudo().date_deadline > self.today()

    def do_snooze_follow_up(self, lead, world):
        activity = self.plan_due(lead)
        activity.action_snooze(1)
        return activity.sudo().date_deadline > self.today()

    def do_snooze_until(self, lead, world):
        activity = self.plan_due(lead)
        dialogs = lead.env["crm.lead.snooze"]
        values = {"lead_ids": [Command.set(lead.ids)], "date": "2099-01-01"}
        dialogs.browse(dialogs.web_save(values, {})[0]["id"]).action_snooze()
        return activity.sudo().date_deadline.year == 2099

    def do_done_and_next(self, lead, world):
        activity = self.plan_due(lead)
        dialogs = lead.env["crm.lead.follow.up.done"]
        values = {"activity_id": activity.id, "feedback": "Done", "next_date": "2099-01-01"}
        dialogs.browse(dialogs.web_save(values, {})[0]["id"]).action_done_and_plan()
        return not activity.sudo().active and lead.sudo().next_follow_up.year == 2099

    def do_plan_follow_up(self, lead, world):
        activity = lead.activity_schedule(
            "mail.mail_activity_data_call", fields.Date.today(), user_id=world.user.id
        )
        return activity and lead.sudo().next_follow_up

    # ------------------------------------------------------------
    # Hours
    # ------------------------------------------------------------

    def do_track_time(self, lead, world):
        tickets = lead.sudo().task_ids
        action = lead.action_track_time()
        lead.env[action["res_model"]].check_access("read")
        return tickets and lead.sudo().task_ids == tickets

    def do_record_hours(self, lead, world):
        """Hours by the lead alone, as its Timesheets tab and an integration do."""
        line = lead.env["account.analytic.line"].create(
            {"lead_id": lead.id, "name": "Call", "unit_amount": 1}
        )
        return line.sudo().lead_id == lead and line.sudo().employee_id == world.employee

    def do_record_hours_on_ticket(self, lead, world):
        ticket = lead.sudo().task_ids[:1]
        line = lead.env["account.analytic.line"].create(
            {"task_id": ticket.id, "project_id": ticket.project_id.id, "unit_amount": 1}
        )
        # in the customer's project it is no presales time
        return line.sudo().lead_id == (lead if not lead.sudo().won_project_id else lead.browse())

    def find_own_hours(self, lead, world):
        return self._find_hours(lead, world.user)

    def find_colleagues_hours(self, lead, world):
        return self._find_hours(lead, self.colleague)

    def _find_hours(self, lead, user):
        lines = lead.sudo().timesheet_ids.filtered(lambda line: line.user_id == user)
        return lead.env["account.analytic.line"].search([("id", "in", lines.ids)])

    def find_hours_by_lead(self, lead, world):
        return lead.env["account.analytic.line"].search([("lead_id", "=", lead.id)])

    def do_read_own_line(self, lead, world):
        """Everything on an own line, as its form and an export do; no lead needed for it."""
        return self._get_own_line(lead, world).read()[0]["unit_amount"] == 2

    def do_read_lead_of_own_line(self, lead, world):
        return self._get_own_line(lead, world).read(["lead_id"])[0]["lead_id"]

    def do_change_own_line(self, lead, world):
        before = lead.sudo().effective_hours
        self._get_own_line(lead, world).write({"unit_amount": 5})
        return lead.sudo().effective_hours == before + 3

    def _get_own_line(self, lead, world):
        """The user's line; who has no employee tries a colleague's."""
        lines = lead.sudo().timesheet_ids
        own = lines.filtered(lambda line: line.user_id == world.user)
        return (own or lines)[:1].with_env(lead.env)

    def do_read_effective_hours(self, lead, world):
        return lead.read(["effective_hours"])[0]["effective_hours"] >= 2

    def do_read_presales_cost(self, lead, world):
        return lead.read(["presales_cost"])[0]["presales_cost"] >= 80

    def do_read_ticket_name(self, lead, world):
        ticket = lead.sudo().task_ids[:1].with_env(lead.env)
        return ticket.read(["name"])[0]["name"] == lead.sudo().name

    def do_read_lead_of_ticket(self, lead, world):
        ticket = lead.sudo().task_ids[:1].with_env(lead.env)
        return ticket.read(["lead_id"])[0]["lead_id"]

    # ------------------------------------------------------------
    # Won
    # ------------------------------------------------------------

    def do_open_won(self, lead, world):
        action = lead.action_won()
        return action["res_model"] == "crm.lead.won"

    def do_create_won(self, lead, world):
        """The dialog by RPC, without opening it: what it proposes must not leak either."""
        dialog = self._create_dialog(lead)
        self.settle()
        values = dialog.read(["project_name", "user_id", "partner_id", "main_order_id"])[0]
        return values["project_name"] == lead.sudo().name

    def do_read_won_texts(self, lead, world):
        """All that the dialog says, stored or not."""
        dialog = self._create_dialog(lead)
        self.settle()
        return dialog.read()[0]["hours_text"]

    def find_won_preview(self, lead, world):
        """The dialog's first screen: nothing is stored yet."""
        spec = {"lead_ids": {}, "project_name": {}, "hours_text": {}, "contact_text": {}}
        dialog = lead.env["crm.lead.won"].with_context(default_lead_ids=lead.ids)
        values = dialog.onchange({}, [], spec)["value"]
        secrets = (lead.sudo().name, lead.sudo().contact_name, self.colleague.name)
        return [secret for secret in secrets if secret in str(values)]

    def do_convert(self, lead, world):
        self._create_dialog(lead).action_convert()
        return lead.sudo().won_project_id and lead.sudo().won_status == "won"

    def do_convert_and_confirm(self, lead, world):
        dialog = self._create_dialog(lead, main_order_id=lead.sudo().main_order_id.id)
        dialog.write({"confirm_order": True, "target": "none"})
        dialog.action_convert()
        return lead.sudo().main_order_id.state == "sale"

    def do_open_take_back(self, lead, world):
        self._hand_over(lead)
        return lead.action_take_back()["res_model"] == "crm.lead.take.back"

    def do_take_back(self, lead, world):
        self._hand_over(lead)
        lead.env["crm.lead.take.back"].create({"lead_id": lead.id}).action_take_back()
        lead = lead.sudo()
        return not lead.won_project_id and lead.won_status == "pending"

    def do_take_back_texts(self, lead, world):
        """All that the dialog says, stored or not."""
        self._hand_over(lead)
        dialog = lead.env["crm.lead.take.back"].create({"lead_id": lead.id})
        self.settle()
        return dialog.read()[0]["hours_text"]

    def find_take_back_preview(self, lead, world):
        """The dialog's first screen: nothing is stored yet."""
        self._hand_over(lead)
        spec = {"hours_text": {}, "order_text": {}, "project_text": {}, "refusal_text": {}}
        dialog = lead.env["crm.lead.take.back"].with_context(default_lead_id=lead.id)
        values = dialog.onchange({}, [], spec)["value"]
        return [secret for secret in (lead.sudo().name, "hours of") if secret in str(values)]

    def _hand_over(self, lead):
        """By somebody who may, where it was not yet."""
        lead = lead.with_user(self.sales_manager)
        if not lead.sudo().won_project_id:
            self._create_dialog(lead).action_convert()
        self.settle()

    def _create_dialog(self, lead, **values):
        values = {"confirm_order": False, "partner_choice": "none", **values}
        values["lead_ids"] = [Command.set(lead.ids)]
        return lead.env["crm.lead.won"].create(values)

    # ------------------------------------------------------------
    # Projects
    # ------------------------------------------------------------

    def find_project_leads(self, lead, world):
        project = lead.sudo().won_project_id.with_env(lead.env)
        return set(project.read(["lead_ids"])[0]["lead_ids"]) & set(lead.ids)

    def find_project_lead_count(self, lead, world):
        project = lead.sudo().won_project_id.with_env(lead.env)
        return project.read(["lead_count"])[0]["lead_count"] == 1

    def find_leads_of_project(self, lead, world):
        action = lead.sudo().won_project_id.with_env(lead.env).action_view_leads()
        return lead.with_context(**action["context"]).search(action["domain"])

    def find_declined_leads(self, lead, world):
        project = self.company.lead_project_id.with_env(lead.env)
        action = project.action_view_declined_leads()
        found = lead.with_context(**action["context"]).search(action["domain"])
        return found & world.declined[self.target]

    def do_read_declined_count(self, lead, world):
        project = self.company.lead_project_id.with_env(lead.env)
        return project.read(["declined_lead_count"])[0]["declined_lead_count"]

    # ------------------------------------------------------------
    # Settings
    # ------------------------------------------------------------

    def do_read_category(self, lead, world):
        return self.category.with_env(lead.env).read(["name", "project_template_id"])

    def do_create_category(self, lead, world):
        return lead.env["crm.lead.category"].create({"name": "New"}).sudo().name == "New"

    def do_change_category(self, lead, world):
        self.category.with_env(lead.env).write({"name": "Changed"})
        return self.category.name == "Changed"

    def do_delete_category(self, lead, world):
        self.category.with_env(lead.env).unlink()
        return not self.category.exists()

    def do_change_stage_default(self, lead, world):
        stage = self.stages["opened"]
        stage.with_env(lead.env).write({"default_probability": 42})
        return stage.default_probability == 42

    def do_apply_stage_default(self, lead, world):
        stage = self.stages["opened"]
        fresh = self.create_lead(stage="opened")
        stage.default_probability = 42
        self.settle()
        stage.with_env(lead.env).action_apply_default_probability()
        return fresh.probability == 42

    def do_load_stages(self, lead, world):
        dialog = lead.env["crm.stage.load"].create({"mode": "standard", "team_id": self.team.id})
        dialog.action_load()
        return self.env["crm.stage"].search_count([("team_ids", "in", self.team.ids)]) == 9

    def do_fill_in_stage_defaults(self, lead, world):
        self.stages["opened"].uses_default_probability = False
        self.settle()
        lead.env["crm.stage.load"].create({"mode": "defaults"}).action_load()
        return self.stages["opened"].uses_default_probability

    def do_set_lead_project(self, lead, world):
        project = self.create_project("Other lead project", privacy_visibility="employees")
        self.settle()
        settings = lead.env["res.config.settings"].create({"lead_project_id": project.id})
        settings.execute()
        return self.company.lead_project_id == project

    def do_read_lead_project_of_company(self, lead, world):
        return self.company.with_env(lead.env).read(["lead_project_id"])[0]["lead_project_id"]
