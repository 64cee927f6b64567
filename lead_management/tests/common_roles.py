"""The people and records of the access tests: one small world per role."""

from types import SimpleNamespace

from odoo.fields import Command

from .common import (
    INVOICING,
    PORTAL,
    PROJECT_MANAGER,
    PUBLIC,
    SALES,
    SALES_ALL,
    SALES_MANAGER,
    TIMESHEET,
    LeadManagementCommon,
)

ACCOUNT_READONLY = "account.group_account_readonly"

# The columns of the table, in its order; internal roles are internal users as well.
ROLES = {
    "sales_own": (SALES, TIMESHEET),
    "sales_all": (SALES_ALL,),
    "sales_admin": (SALES_MANAGER,),
    "timesheet": (TIMESHEET,),
    "project_manager": (PROJECT_MANAGER,),
    "invoicing": (INVOICING,),
    "account_readonly": (ACCOUNT_READONLY,),
    "internal": (),
    "portal": (PORTAL,),
    "public": (PUBLIC,),
}
OUTSIDERS = ("portal", "public")

# The leads every role meets. Each one has a note, a document and hours of a colleague.
OWN, UNASSIGNED, COLLEAGUE = "own", "unassigned", "colleague"
PROJECT_OWN, PROJECT_OTHER = "project_own", "project_other"


class RolesCommon(LeadManagementCommon):
    """``cls.worlds[role]``: the role's user with leads of his own, of nobody, of a colleague,
    and of projects that he or somebody else manages. Leads that belong to nobody in
    particular are the same ones for all."""

    role_names = tuple(ROLES)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls.salesperson_2
        cls.category = cls.env["crm.lead.category"].create({"name": "Bathroom (test)"})
        cls.other_category = cls.env["crm.lead.category"].create({"name": "Kitchen (test)"})
        cls.service = cls.create_product(price=1000)
        cls.shared = {
            UNASSIGNED: cls._create_story("Unassigned", user_id=False),
            COLLEAGUE: cls._create_story("Colleague's", user_id=cls.colleague.id),
            PROJECT_OTHER: cls._create_story("Elsewhere", user_id=cls.colleague.id),
        }
        cls._convert_to_project_of(cls.shared[PROJECT_OTHER], cls.sales_manager)
        cls.shared_declined = cls._create_declined("Colleague's declined", cls.colleague)
        users = cls.create_users(
            *((f"role_{role}", f"Role {role}", *ROLES[role]) for role in cls.role_names)
        )
        cls.worlds = {
            role: cls._create_world(role, user)
            for role, user in zip(cls.role_names, users, strict=True)
        }

    @classmethod
    def _create_world(cls, role, user):
        employee = None
        if role not in OUTSIDERS:
            employee = cls.create_employee(user, hourly_cost=20)
        leads = {
            **cls.shared,
            OWN: cls._create_story(f"Own of {role}", employee, user_id=user.id),
            PROJECT_OWN: cls._create_story(
                f"Project of {role}", employee, user_id=cls.colleague.id
            ),
        }
        project = cls._convert_to_project_of(leads[PROJECT_OWN], user)
        return SimpleNamespace(
            role=role,
            user=user,
            employee=employee,
            leads=leads,
            project=project,
            declined={OWN: cls._create_declined("Declined", user), COLLEAGUE: cls.shared_declined},
        )

    @classmethod
    def _create_story(cls, name, employee=None, **values):
        """A lead with all that hangs on one: hours, an offer, a document and a note."""
        lead = cls.create_lead(
            name=f"{name} lead",
            stage="negotiation",
            description="<p>Confidential description</p>",
            expected_revenue=100,
            **values,
        )
        for worker in (cls.employee_2, employee):
            if worker:
                cls.record_hours(lead, worker, 2)
        customer = cls.create_partner(f"Customer of {name}")
        cls.create_offer(lead, products=cls.service, partner_id=customer.id)
        lead.write({"partner_id": False, "contact_name": f"Contact of {name}"})
        lead.message_unsubscribe(lead.message_partner_ids.ids)  # followers have rights of theirs
        cls.attach_file(lead, "Confidential.txt", b"Confidential document")
        lead.message_post(body="Confidential note")
        return lead

    @classmethod
    def _create_declined(cls, name, user):
        lead = cls.create_lead(name=f"{name} lead of {user.login}", user_id=user.id)
        lead.action_set_lost(lost_reason_id=cls.reason.id)
        return lead

    @classmethod
    def _convert_to_project_of(cls, lead, user):
        """Win the lead into a project of employees that ``user`` manages."""
        project = cls.create_project(
            f"Project with {user.login}",
            user_id=user.id,
            privacy_visibility="employees",
            allow_billable=True,
        )
        wizard = cls.env["crm.lead.won"].create(
            {
                "lead_ids": [Command.set(lead.ids)],
                "target": "existing",
                "project_id": project.id,
                "partner_choice": "none",
                "confirm_order": False,
                "accept_other_customer": True,
            }
        )
        wizard.action_convert()
        return project
