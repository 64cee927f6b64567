"""The table "Who may what", cell by cell: every role tries every operation."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ACCESS_LOGGERS
from .common_roles import (
    COLLEAGUE,
    OWN,
    PROJECT_OTHER,
    PROJECT_OWN,
    ROLES,
    UNASSIGNED,
    RolesCommon,
)
from .role_operations import RoleOperations

# A row: operation, the lead it is tried on, and a mark per role: + allowed, - refused for lack
# of rights (or, for searches, not found), ! refused in words before core looks at the rights.
# The marks stand for the roles in their order:
#   sales with own, with all documents, sales administrator | timesheet user | project manager
#   | invoicing, accounting read-only | internal user | portal, public
TABLE = (
    # Leads: own and unassigned ones for sales; a project manager reads those of own projects.
    ("read", OWN, "+++ - - -- - --"),
    ("read", UNASSIGNED, "+++ - - -- - --"),
    ("read", COLLEAGUE, "-++ - - -- - --"),
    ("read", PROJECT_OWN, "-++ - + -- - --"),
    ("read", PROJECT_OTHER, "-++ - - -- - --"),
    ("read_all_fields", OWN, "+++ - - -- - --"),
    ("read_form", OWN, "+++ - - -- - --"),
    ("read_form", PROJECT_OWN, "-++ - + -- - --"),
    ("lead", OWN, "+++ - - -- - --"),
    ("lead", UNASSIGNED, "+++ - - -- - --"),
    ("lead", COLLEAGUE, "-++ - - -- - --"),
    ("lead", PROJECT_OWN, "-++ - + -- - --"),
    ("lead", PROJECT_OTHER, "-++ - - -- - --"),
    ("by_name", OWN, "+++ - - -- - --"),
    ("by_name", COLLEAGUE, "-++ - - -- - --"),
    ("groups", OWN, "+++ - - -- - --"),
    ("groups", COLLEAGUE, "-++ - - -- - --"),
    ("groups", PROJECT_OTHER, "-++ - - -- - --"),
    ("write", OWN, "+++ - - -- - --"),
    ("write", UNASSIGNED, "+++ - - -- - --"),
    ("write", COLLEAGUE, "-++ - - -- - --"),
    ("write", PROJECT_OWN, "-++ - - -- - --"),
    ("write", PROJECT_OTHER, "-++ - - -- - --"),
    ("write_category", OWN, "+++ - - -- - --"),
    ("write_category", COLLEAGUE, "-++ - - -- - --"),
    ("write_category", PROJECT_OWN, "-++ - - -- - --"),
    ("change_stage", OWN, "+++ - - -- - --"),
    ("change_stage", UNASSIGNED, "+++ - - -- - --"),
    ("change_stage", COLLEAGUE, "-++ - - -- - --"),
    ("change_stage", PROJECT_OWN, "-++ - - -- - --"),
    ("create", OWN, "+++ - - -- - --"),
    ("create", UNASSIGNED, "+++ - - -- - --"),
    ("create", COLLEAGUE, "-++ - - -- - --"),
    ("delete", OWN, "--+ - - -- - --"),
    ("delete", UNASSIGNED, "--+ - - -- - --"),
    ("delete", COLLEAGUE, "--+ - - -- - --"),
    ("create_contact", OWN, "+++ - - -- - --"),
    ("create_contact", COLLEAGUE, "-++ - - -- - --"),
    ("create_contact", PROJECT_OWN, "-++ - - -- - --"),
    ("activate_customer", OWN, "+++ - - -- - --"),
    ("activate_customer", COLLEAGUE, "-++ - - -- - --"),
    ("activate_customer", PROJECT_OWN, "-++ - - -- - --"),
    ("open_decline", OWN, "+++ - - -- - --"),
    ("open_decline", COLLEAGUE, "-++ - - -- - --"),
    ("open_decline", PROJECT_OWN, "-++ - - -- - --"),
    ("decline", OWN, "+++ - - -- - --"),
    ("decline", UNASSIGNED, "+++ - - -- - --"),
    ("decline", COLLEAGUE, "-++ - - -- - --"),
    ("decline_by_rpc", OWN, "+++ - - -- - --"),
    ("decline_by_rpc", COLLEAGUE, "-++ - - -- - --"),
    ("decline_by_rpc", UNASSIGNED, "+++ - - -- - --"),
    ("not_qualified", OWN, "+++ - - -- - --"),
    ("not_qualified", COLLEAGUE, "-++ - - -- - --"),
    ("qualify", OWN, "+++ - - -- - --"),
    ("qualify", COLLEAGUE, "-++ - - -- - --"),
    ("put_on_hold", OWN, "+++ - - -- - --"),
    ("put_on_hold", COLLEAGUE, "-++ - - -- - --"),
    ("blank_person", OWN, "--+ - - -- - --"),
    ("blank_person", COLLEAGUE, "--+ - - -- - --"),
    ("restore", OWN, "+++ - - -- - --"),
    ("restore", COLLEAGUE, "-++ - - -- - --"),
    # Offers; editing one that exists is core's right of the invoicing people.
    ("new_offer", OWN, "+++ - - -- - --"),
    ("new_offer", COLLEAGUE, "-++ - - -- - --"),
    ("take_over", OWN, "+++ - - -- - --"),
    ("take_over", UNASSIGNED, "+++ - - -- - --"),
    ("take_over", COLLEAGUE, "-++ - - -- - --"),
    ("edit_offer", OWN, "+++ - - +- - --"),
    ("edit_offer", COLLEAGUE, "-++ - - +- - --"),
    # Notes and documents: the project manager reads those of own projects.
    ("read_document", OWN, "+++ - - -- - --"),
    ("read_document", UNASSIGNED, "+++ - - -- - --"),
    ("read_document", COLLEAGUE, "-++ - - -- - --"),
    ("read_document", PROJECT_OWN, "-++ - + -- - --"),
    ("read_document", PROJECT_OTHER, "-++ - - -- - --"),
    ("document", OWN, "+++ - - -- - --"),
    ("document", COLLEAGUE, "-++ - - -- - --"),
    ("document", PROJECT_OWN, "-++ - + -- - --"),
    ("document", PROJECT_OTHER, "-++ - - -- - --"),
    ("add_document", OWN, "+++ - - -- - --"),
    ("add_document", COLLEAGUE, "-++ - - -- - --"),
    ("add_document", PROJECT_OWN, "-++ - - -- - --"),
    ("read_note", OWN, "+++ - - -- - --"),
    ("read_note", UNASSIGNED, "+++ - - -- - --"),
    ("read_note", COLLEAGUE, "-++ - - -- - --"),
    ("read_note", PROJECT_OWN, "-++ - + -- - --"),
    ("read_note", PROJECT_OTHER, "-++ - - -- - --"),
    ("note", OWN, "+++ - - -- - --"),
    ("note", COLLEAGUE, "-++ - - -- - --"),
    ("note", PROJECT_OWN, "-++ - + -- - --"),
    ("note", PROJECT_OTHER, "-++ - - -- - --"),
    ("post_note", OWN, "+++ - - -- - --"),
    ("post_note", COLLEAGUE, "-++ - - -- - --"),
    ("post_note", PROJECT_OWN, "-++ - - -- - --"),
    ("plan_follow_up", OWN, "+++ - - -- - --"),
    ("plan_follow_up", COLLEAGUE, "-++ - - -- - --"),
    ("snooze", OWN, "+++ - - -- - --"),
    ("snooze", COLLEAGUE, "-++ - - -- - --"),
    ("snooze", PROJECT_OWN, "-++ - - -- - --"),
    ("snooze_follow_up", OWN, "+++ - - -- - --"),
    ("snooze_follow_up", COLLEAGUE, "-++ - - -- - --"),
    ("snooze_follow_up", PROJECT_OWN, "-++ - - -- - --"),
    ("send_documents", OWN, "+++ - - -- - --"),
    ("send_documents", COLLEAGUE, "-++ - - -- - --"),
    ("snooze_until", OWN, "+++ - - -- - --"),
    ("snooze_until", COLLEAGUE, "-++ - - -- - --"),
    ("snooze_until", PROJECT_OWN, "-++ - - -- - --"),
    ("done_and_next", OWN, "+++ - - -- - --"),
    ("done_and_next", COLLEAGUE, "-++ - - -- - --"),
    ("done_and_next", PROJECT_OWN, "-++ - - -- - --"),
    # Hours: single lines need core's timesheet rights, totals come with the lead. Core lets a
    # project manager see the hours of every project, and every employee the names of the
    # tickets in the lead project. Nobody without sales rights sees which lead they belong to.
    ("track_time", OWN, "+-- - - -- - --"),
    ("track_time", UNASSIGNED, "+-- - - -- - --"),
    ("track_time", COLLEAGUE, "--- - - -- - --"),
    ("track_time", PROJECT_OWN, "--- - + -- - --"),
    ("track_time", PROJECT_OTHER, "--- - - -- - --"),
    ("record_hours", OWN, "+-- - - -- - --"),
    ("record_hours", UNASSIGNED, "+-- - - -- - --"),
    ("record_hours", COLLEAGUE, "--- - - -- - --"),
    ("record_hours", PROJECT_OTHER, "--- - - -- - --"),
    ("record_hours_on_ticket", OWN, "+-- + + -- - !!"),
    ("record_hours_on_ticket", PROJECT_OWN, "+-- + + -- - !!"),
    ("own_hours", OWN, "+-- + + -- - --"),
    ("own_hours", PROJECT_OWN, "+-- + + -- - --"),
    ("colleagues_hours", OWN, "--- - + -- - --"),
    ("colleagues_hours", PROJECT_OWN, "--- - + -- - --"),
    ("hours_by_lead", OWN, "+-- - - -- - --"),
    ("hours_by_lead", COLLEAGUE, "--- - - -- - --"),
    ("read_own_line", OWN, "+-- + + -- - --"),
    ("read_lead_of_own_line", OWN, "+-- - - -- - --"),
    ("change_own_line", OWN, "+-- + + -- - --"),
    ("read_effective_hours", OWN, "+++ - - -- - --"),
    ("read_effective_hours", COLLEAGUE, "-++ - - -- - --"),
    ("read_effective_hours", PROJECT_OWN, "-++ - + -- - --"),
    ("read_effective_hours", PROJECT_OTHER, "-++ - - -- - --"),
    ("read_presales_cost", OWN, "--- - - -- - --"),
    ("read_presales_cost", PROJECT_OWN, "--- - + -- - --"),
    ("read_ticket_name", OWN, "+++ + + ++ + --"),
    ("read_lead_of_ticket", OWN, "+++ - - -- - --"),
    # Won
    ("open_won", OWN, "+++ - - -- - --"),
    ("open_won", UNASSIGNED, "+++ - - -- - --"),
    ("open_won", COLLEAGUE, "-++ - - -- - --"),
    ("create_won", OWN, "+++ - - -- - --"),
    ("create_won", UNASSIGNED, "+++ - - -- - --"),
    ("create_won", COLLEAGUE, "-++ - - -- - --"),
    ("read_won_texts", OWN, "+++ - - -- - --"),
    ("read_won_texts", COLLEAGUE, "-++ - - -- - --"),
    ("won_preview", OWN, "+++ - - -- - --"),
    ("won_preview", COLLEAGUE, "-++ - - -- - --"),
    ("convert", OWN, "+++ - - -- - --"),
    ("convert", UNASSIGNED, "+++ - - -- - --"),
    ("convert", COLLEAGUE, "-++ - - -- - --"),
    ("convert_and_confirm", OWN, "+++ - - -- - --"),
    ("convert_and_confirm", COLLEAGUE, "-++ - - -- - --"),
    ("open_take_back", OWN, "+++ - - -- - --"),
    ("open_take_back", COLLEAGUE, "-++ - - -- - --"),
    ("open_take_back", PROJECT_OWN, "-++ - - -- - --"),
    ("take_back", OWN, "+++ - - -- - --"),
    ("take_back", UNASSIGNED, "+++ - - -- - --"),
    ("take_back", COLLEAGUE, "-++ - - -- - --"),
    ("take_back", PROJECT_OWN, "-++ - - -- - --"),
    ("take_back", PROJECT_OTHER, "-++ - - -- - --"),
    ("take_back_texts", OWN, "+++ - - -- - --"),
    ("take_back_texts", COLLEAGUE, "-++ - - -- - --"),
    ("take_back_preview", OWN, "+++ - - -- - --"),
    ("take_back_preview", COLLEAGUE, "-++ - - -- - --"),
    # Projects
    ("project_leads", PROJECT_OWN, "-++ - + -- - --"),
    ("project_leads", PROJECT_OTHER, "-++ - - -- - --"),
    ("project_lead_count", PROJECT_OWN, "-++ - + -- - --"),
    ("project_lead_count", PROJECT_OTHER, "-++ - - -- - --"),
    ("leads_of_project", PROJECT_OWN, "-++ - + -- - --"),
    ("leads_of_project", PROJECT_OTHER, "-++ - - -- - --"),
    ("declined_leads", OWN, "+++ - - -- - --"),
    ("declined_leads", COLLEAGUE, "-++ - - -- - --"),
    ("read_declined_count", OWN, "+++ - - -- - --"),
    # Settings. Core's settings page is for system administrators, see test_settings_….
    ("read_category", OWN, "+++ + + ++ + --"),
    ("create_category", OWN, "--+ - - -- - --"),
    ("change_category", OWN, "--+ - - -- - --"),
    ("delete_category", OWN, "--+ - - -- - --"),
    ("change_stage_default", OWN, "--+ - - -- - --"),
    ("apply_stage_default", OWN, "--+ - - -- - --"),
    ("load_stages", OWN, "--+ - - -- - --"),
    ("fill_in_stage_defaults", OWN, "--+ - - -- - --"),
    ("set_lead_project", OWN, "--- - - -- - --"),
    ("read_lead_project_of_company", OWN, "+++ + + ++ + --"),
)


def iter_cells():
    """Yield (operation, target, role, mark) for every cell of the table."""
    for operation, target, marks in TABLE:
        for role, mark in zip(ROLES, marks.replace(" ", ""), strict=True):
            yield operation, target, role, mark


@tagged("post_install", "-at_install")
class TestRoles(RoleOperations, RolesCommon):
    def settle(self):
        """Write what was prepared; nothing is read from the superuser's cache afterwards."""
        self.env.flush_all()
        self.env.invalidate_all()

    def attempt(self, operation, target, role):
        """Let the role try it; the changes are taken back.

        :return: (what the operation returned, the error that refused it or None)
        """
        world = self.worlds[role]
        self.target = target
        is_search = not hasattr(self, f"do_{operation}")
        function = getattr(self, f"{'find' if is_search else 'do'}_{operation}")
        lead = world.leads[target].with_user(world.user)
        result, error = None, None
        savepoint = self.env.cr.savepoint()
        try:
            self.settle()
            result = bool(function(lead, world))
            self.env.flush_all()
        except UserError as refusal:
            error = refusal
        finally:
            savepoint.close(rollback=True)  # it empties the cache, too
        if is_search and not result and not error:
            error = AccessError("Filtered: nothing was found.")
        return result, error

    def judge(self, mark, result, error):
        """What is wrong with the outcome of a cell, in words; None when nothing is."""
        if mark == "+":
            if error is not None:
                return f"should be allowed, but: {error!r}"
            return None if result else "is allowed, but had no effect"
        if error is None:
            return f"should be refused, but returned {result}"
        if isinstance(error, AccessError) != (mark == "-"):
            return f"is refused for another reason than access: {error!r}"
        return None if str(error).strip() else "is refused without a word"

    @mute_logger(*ACCESS_LOGGERS)
    def test_every_cell(self):
        """Every cell runs, whatever became of the others; all wrong ones are told at once."""
        wrong = []
        for operation, target, role, mark in iter_cells():
            with self.subTest(operation=operation, target=target, role=role):
                try:
                    problem = self.judge(mark, *self.attempt(operation, target, role))
                except Exception as error:  # noqa: BLE001 a crash is not a refusal
                    problem = f"crashes: {error!r}"
                if problem:
                    wrong.append(f"{operation} on {target} by {role} {problem}")
        self.assertFalse(wrong, f"{len(wrong)} cells:\n" + "\n".join(wrong))

    def test_table_is_complete(self):
        cells = [cell[:3] for cell in iter_cells()]
        self.assertGreaterEqual(len(cells), 150)
        self.assertEqual(len(cells), len(set(cells)), "a row is there twice")
        operations = {
            name.removeprefix("do_").removeprefix("find_")
            for name in dir(RoleOperations)
            if name.startswith(("do_", "find_"))
        }
        self.assertEqual({operation for operation, *_rest in TABLE}, operations)
        allowed = {operation for operation, _target, _role, mark in iter_cells() if mark == "+"}
        # what nobody may do would pass for being broken
        self.assertEqual(operations - allowed, {"set_lead_project"})


@tagged("post_install", "-at_install")
class TestRolesTogether(RolesCommon):
    """What no single cell shows."""

    role_names = ("sales_own", "sales_all", "project_manager")

    def enter(self, role, records):
        """The records as the role's user has them, nothing of them known yet."""
        self.env.flush_all()
        self.env.invalidate_all()
        return records.with_user(self.worlds[role].user)

    def test_settings_are_for_the_system_administrator(self):
        administrator = self.create_user("role_system", "System", "base.group_system")
        project = self.create_project("Chosen", privacy_visibility="employees")
        settings = self.env["res.config.settings"].with_user(administrator)
        settings.create({"lead_project_id": project.id}).execute()
        self.assertEqual(self.company.lead_project_id, project)

    @mute_logger(*ACCESS_LOGGERS)
    def test_salesperson_who_manages_projects_reads_more_and_changes_no_more(self):
        world = self.worlds["sales_own"]
        world.user.group_ids += self.env.ref("project.group_project_manager")
        for target, may_read, may_write in (
            (OWN, True, True),
            (UNASSIGNED, True, True),
            (PROJECT_OWN, True, False),
            (COLLEAGUE, False, False),
            (PROJECT_OTHER, False, False),
        ):
            lead = self.enter("sales_own", world.leads[target])
            self.assertEqual(lead.has_access("read"), may_read, target)
            self.assertEqual(lead.has_access("write"), may_write, target)
        with self.assertRaises(AccessError):
            self.enter("sales_own", world.leads[PROJECT_OWN]).action_won()

    @mute_logger(*ACCESS_LOGGERS)
    def test_right_ends_with_the_managers_job(self):
        world = self.worlds["project_manager"]
        lead = world.leads[PROJECT_OWN]
        self.assertTrue(self.enter("project_manager", lead).read(["description"]))
        world.project.user_id = self.colleague
        self.assertFalse(self.enter("project_manager", lead).has_access("read"))
        with self.assertRaises(AccessError):
            self.enter("project_manager", lead.attachment_ids).read(["raw"])

    def _create_secret_offer(self):
        """A colleague's offer over an amount that a salesperson must not learn."""
        offer = self.create_offer(self.shared[COLLEAGUE], price=98765)
        self.assertFalse(self.enter("sales_own", offer).has_access("read"))
        return offer

    def test_value_does_not_tell_a_colleagues_offer(self):
        offer = self._create_secret_offer()
        lead = self.enter("sales_own", self.worlds["sales_own"].leads[OWN])
        with self.assertRaises(UserError), self.env.cr.savepoint():
            lead.write({"main_order_id": offer.id, "value_source": "offer"})
            self.env.flush_all()
        self.assertNotEqual(lead.expected_revenue, 98765)

    def test_dialog_does_not_tell_a_colleagues_offer(self):
        offer = self._create_secret_offer()
        lead = self.enter("sales_own", self.worlds["sales_own"].leads[OWN])
        values = {"lead_ids": [(6, 0, lead.ids)], "main_order_id": offer.id}
        with self.assertRaises(UserError), self.env.cr.savepoint():
            dialog = lead.env["crm.lead.won"].create(values)
            self.assertNotIn("98,765", dialog.order_text or "")
            dialog.action_convert()
        self.assertEqual(offer.state, "draft")

    def test_offer_of_another_lead_is_not_confirmed(self):
        """Not even by who has the right to: it is not what the dialog is about."""
        offer = self._create_secret_offer()
        lead = self.enter("sales_all", self.worlds["sales_all"].leads[OWN])
        values = {"lead_ids": [(6, 0, lead.ids)], "main_order_id": offer.id}
        with self.assertRaises(UserError), self.env.cr.savepoint():
            lead.env["crm.lead.won"].create({**values, "confirm_order": True}).action_convert()
        self.assertEqual(offer.state, "draft")

    def test_project_out_of_reach_is_no_target(self):
        hidden = self.create_project("Hidden", privacy_visibility="followers")
        hidden.message_unsubscribe(hidden.message_partner_ids.ids)
        lead = self.enter("sales_own", self.worlds["sales_own"].leads[OWN])
        with mute_logger(*ACCESS_LOGGERS), self.assertRaises(UserError):
            with self.env.cr.savepoint():
                lead.env["crm.lead.won"].create(
                    {
                        "lead_ids": [(6, 0, lead.ids)],
                        "target": "existing",
                        "project_id": hidden.id,
                        "confirm_order": False,
                    }
                ).action_convert()
        self.assertFalse(lead.sudo().won_project_id)
        self.assertEqual(lead.sudo().won_status, "pending")
