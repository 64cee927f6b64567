"""Whatever a client sends is checked with the caller's rights before anything in sudo mode.

Generated: every relational field of this addon, on every model and dialog, gets ids of records
the role may not read, and ids of none, in values, commands, defaults of the context, in
``onchange``, ``create``, ``write`` and ``web_save``; every public method is called on them.
Nothing may come back that tells of these records, and nothing may happen to them.
"""

import inspect
import json
from contextlib import suppress
from email import message_from_string, policy

import psycopg2

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.crm_lead_guard_mixin import is_ours
from .common import ACCESS_LOGGERS
from .common_roles import OWN, RolesCommon

SECRET = "TopSecret"
SECRET_COMPANY = f"{SECRET} company"
AMOUNT = 77123.45
PROBABILITY = 42.42
NOBODY = 99_999_999
TRACES = (SECRET, "77123", "77,123", "42.42", "32715.77")
# bad ids that PostgreSQL refuses: Odoo answers with a message of its own
CLEAN = (UserError, ValueError, psycopg2.Error)
LOGGERS = (*ACCESS_LOGGERS, "odoo.sql_db", "odoo.addons.base.models.ir_attachment")
# models of core's that this addon extends with relations, besides its own
EXTENDED = (
    "crm.lead",
    "project.task",
    "account.analytic.line",
    "project.project",
    "res.config.settings",
    "sale.order",
)
# read-only, both; for administrators of the company; relations that the lead's own rights guard;
# names of fields, for sales managers
UNGUARDED = (
    "crm.lead.history",
    "timesheets.analysis.report",
    "res.company",
    "res.config.settings",
    "project.project",
    "crm.stage",
)
# what is in every form besides the fields of this addon
SHOWN = ("name", "display_name", "expected_revenue", "probability", "prorated_revenue")
ARGUMENTS = {
    "convert_opportunity": (False,),
    "create": ([{}],),
    "export_data": (["display_name"],),
    "load": (["name"], []),
    "message_parse": (message_from_string("Subject: Roof\n\nIt leaks.", policy=policy.SMTP),),
    # the lead of the company that nobody here is in
    "formatted_read_group": ([("lead_id.company_id.name", "=", SECRET_COMPANY)], ["lead_id"]),
    "formatted_read_grouping_sets": (
        [("lead_id.company_id.name", "=", SECRET_COMPANY)],
        [["lead_id"]],
    ),
    "message_new": ({"subject": "x", "from": "x@test.example.com", "body": "x"},),
    "onchange": ({}, [], {"display_name": {}}),
    # a form with its lists, which are looked for before they are read
    "web_read": (
        {
            name: {"fields": {"display_name": {}}}
            for name in ("order_ids", "payment_ids", "timesheet_ids", "history_ids")
        },
    ),
    "web_save": ({}, {"display_name": {}}),
    "write": ({},),
}


class RightsCommon(RolesCommon):
    role_names = (
        "sales_own",
        "sales_all",
        "sales_admin",
        "timesheet",
        "project_manager",
        "invoicing",
        "internal",
        "portal",
        "public",
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_b = cls.env["res.company"].create({"name": SECRET_COMPANY})
        cls.env.user.company_ids += cls.company_b
        cls.plain_partner = cls.create_partner("Plain")
        cls.secrets = {}
        for company, owner in ((cls.company, cls.colleague), (cls.company_b, None)):
            for record in cls._create_secrets(company, owner):
                cls.secrets.setdefault(record._name, []).append(record)
        for world in cls.worlds.values():
            payments = cls.env["crm.lead.payment"]
            world.payment = payments.create({"lead_id": world.leads[OWN].id, "amount": 1})
        cls.env["crm.lead.history"]._record_pending()
        cls.secrets["crm.lead.history"] = [
            row for lead in cls.secrets["crm.lead"] for row in lead.history_ids
        ]

    @classmethod
    def _create_secrets(cls, company, owner):
        """One record of every kind that relations lead to, of one company and one owner."""
        env = cls.env(context={"allowed_company_ids": [company.id, cls.company.id]})
        owner_id = owner.id if owner else False
        partner = env["res.partner"].create({"name": SECRET, "company_id": company.id})
        lead = env["crm.lead"].create(
            {
                "name": SECRET,
                "user_id": owner_id,
                "team_id": False,
                "company_id": company.id,
                "expected_revenue": AMOUNT,
                "probability": PROBABILITY,
            }
        )
        task = lead._get_or_create_tickets()[lead]
        order = env["sale.order"].create(
            {
                "partner_id": partner.id,
                "company_id": company.id,
                "user_id": owner_id,
                "opportunity_id": lead.id,
                "client_order_ref": SECRET,
                "order_line": [
                    Command.create(
                        {
                            "product_id": cls.create_product().id,
                            "price_unit": AMOUNT,
                            "tax_ids": False,
                        }
                    )
                ],
            }
        )
        order.name = f"{SECRET} {company.id}"
        projects = env["project.project"].create(
            [
                {
                    "name": SECRET,
                    "company_id": company.id,
                    "privacy_visibility": "followers",
                    "is_template": is_template,
                    "user_id": manager.id,
                }
                for is_template, manager in (
                    (False, cls.sales_manager),
                    (True, cls.create_user(f"{SECRET}{company.id}", SECRET)),
                )
            ]
        )
        projects.message_unsubscribe(projects.message_partner_ids.ids)
        payment = env["crm.lead.payment"].create(
            {"lead_id": lead.id, "name": SECRET, "percentage": 100}
        )
        category = env["crm.lead.category"].create({"name": SECRET, "company_id": company.id})
        team = env["crm.team"].create({"name": SECRET, "company_id": company.id})
        activity = lead.activity_schedule("mail.mail_activity_data_call", summary=SECRET)
        document = cls.attach_file(lead, SECRET, b"Confidential document")
        records = [partner, lead, task, order, *projects, payment, category, team, activity]
        return [*records, document, company]

    def setUp(self):
        super().setUp()
        # every attempt is undone
        self.state_before = self.state()

    def get_secrets(self, user, model):
        """Records of the model that the user may not read; empty ones are read by anybody."""
        for secret in self.secrets.get(model, []):
            record = self.env[model].browse(secret.id)
            if not record.with_user(user).has_access("read"):
                yield record
        if model in self.secrets:
            yield self.env[model].browse(NOBODY)

    def get_models(self):
        own = [
            name
            for name, model in self.env.registry.items()
            if model._original_module == "lead_management" and not model._abstract
        ]
        return sorted({*own, *EXTENDED})

    def get_relations(self, model):
        """The relational fields that lead to a secret: ours, and those that ours read."""
        guarded = getattr(self.env[model], "_guarded_core_fields", ())
        for name, field in sorted(self.env[model]._fields.items()):
            if field.relational and (is_ours(field) or name in guarded):
                yield field

    def state(self):
        """What could happen to the secret leads, as the database has it."""
        self.env.cr.execute(
            """
            SELECT lead.id, lead.name, lead.write_date, lead.won_project_id, lead.main_order_id,
                   lead.next_follow_up,
                   (SELECT COUNT(*) FROM account_analytic_line WHERE lead_id = lead.id),
                   (SELECT COUNT(*) FROM project_task WHERE lead_id = lead.id),
                   (SELECT COUNT(*) FROM crm_lead_payment WHERE lead_id = lead.id),
                   (SELECT COUNT(*) FROM sale_order WHERE opportunity_id = lead.id)
              FROM crm_lead AS lead WHERE lead.name = %s ORDER BY id
            """,
            [SECRET],
        )
        return self.env.cr.fetchall()

    def attempt(self, function, may_change=False):
        """What ``function`` tells, as the client would get it; None when it is refused."""
        answer, changed = None, False
        savepoint = self.env.cr.savepoint()
        try:
            with suppress(*CLEAN):
                self.env.invalidate_all()
                answer = function()
                self.env.flush_all()
                changed = self.state() != self.state_before
        finally:
            savepoint.close(rollback=True)  # it empties the cache, too
        self.assertFalse(changed and not may_change, "something happened to a secret lead")
        return answer and json.dumps(answer, default=str)

    def find_traces(self, answer):
        return [trace for trace in TRACES if answer and trace in answer]


@tagged("post_install", "-at_install")
class TestIdsThatClientsSend(RightsCommon):
    def get_spec(self, model):
        fields = self.env[model]._fields
        names = [name for name, field in fields.items() if is_ours(field) or name in SHOWN]
        return {
            name: {"fields": {"display_name": {}}} if fields[name].relational else {}
            for name in names
            if fields[name].type not in ("binary", "properties", "properties_definition")
        }

    def get_values(self, field, record_id):
        """The ways in which a client can name one record in a field's value."""
        if field.type == "many2one":
            return [record_id, [record_id, "x"], {"id": record_id}]
        return [
            [Command.set([record_id])],
            [Command.link(record_id)],
            [Command.update(record_id, {})],
        ]

    def get_own_record(self, model, world):
        """A record of the model that the role may be in."""
        own = {
            "crm.lead": world.leads[OWN],
            "crm.lead.payment": world.payment,
            "project.task": world.leads[OWN].task_ids[:1],
            "account.analytic.line": world.leads[OWN].timesheet_ids[:1],
            "project.project": world.project,
        }
        return own.get(model, self.env[model].browse())

    def get_base_values(self, model, world):
        """Values that make what is computed from a relation show itself."""
        return {
            "crm.lead": {"name": "x", "value_source": "offer", "type": "opportunity"},
            "crm.lead.payment": {"percentage": 100},
            "crm.lead.won": {"lead_ids": [Command.set(world.leads[OWN].ids)]},
            "project.task": {"name": "x"},
            "account.analytic.line": {"name": "x", "unit_amount": 1},
            "project.project": {"name": "x"},
            "sale.order": {"partner_id": self.plain_partner.id},
            "crm.lead.category": {"name": "x"},
        }.get(model, {})

    def iter_attempts(self, model, field, world, record_id):
        records = self.env[model].with_user(world.user)
        own = self.get_own_record(model, world).with_user(world.user)
        base = self.get_base_values(model, world)
        spec = self.get_spec(model)
        default = [record_id] if field.type != "many2one" else record_id
        with_default = records.with_context(**{f"default_{field.name}": default})
        yield "default, onchange", lambda: with_default.onchange({}, [], spec)
        yield "default, create", lambda: with_default.web_save(dict(base), spec)
        for value in self.get_values(field, record_id):
            values = {**base, field.name: value}
            kind = f"{value}"
            yield f"onchange {kind}", lambda v=values: records.onchange(v, list(v), spec)
            yield f"create {kind}", lambda v=values: records.web_save(v, spec)
            if own:
                own_values = {field.name: value}
                yield f"edit {kind}", lambda v=own_values: own.onchange(v, list(v), spec)
                yield f"write {kind}", lambda v=own_values: own.web_save(v, spec)
                if field.name == "main_order_id":
                    derived = {**own_values, "value_source": "offer"}
                    yield f"derive {kind}", lambda v=derived: own.onchange(v, list(v), spec)

    def run_attempts(self, role, get_records, may_change=False):
        """Every field of every model; returns how many attempts, and those that told a secret."""
        count, telling = 0, []
        world = self.worlds[role]
        for model in self.get_models():
            for field in self.get_relations(model):
                for record in get_records(world.user, field.comodel_name):
                    for kind, function in self.iter_attempts(model, field, world, record.id):
                        count += 1
                        with self.subTest(model=model, field=field.name, kind=kind, role=role):
                            if traces := self.find_traces(self.attempt(function, may_change)):
                                telling.append(f"{role}: {model}.{field.name} {kind}: {traces}")
        return count, telling

    @mute_logger(*LOGGERS)
    def test_foreign_ids_tell_and_do_nothing(self):
        total = 0
        for role in self.worlds:
            count, telling = self.run_attempts(role, self.get_secrets)
            total += count
            self.assertFalse(telling, f"{len(telling)} answers:\n" + "\n".join(telling))
        self.assertGreater(total, 5000)

    @mute_logger(*LOGGERS)
    def test_leads_nested_in_other_forms_tell_nothing(self):
        """A form of any model may hold new leads; they are computed from what is sent."""
        lead, order = self.secrets["crm.lead"][0], self.secrets["sale.order"][0]
        line = order.order_line.id
        new_lead = {"value_source": "offer", "main_order_id": order.id, "task_ids": []}
        nested_order = {"order_line": [[4, line, 0]], "name": "zz"}
        spec = {name: {} for name in ("expected_revenue", "quotation_amount_total")}
        spec["main_order_id"] = {"fields": {"display_name": {}}}
        leads = {"fields": spec}
        create = [[0, "v", new_lead]]
        count = 0
        for role in ("sales_own", "timesheet", "internal", "portal"):
            user = self.worlds[role].user
            for model, values, fields in (
                ("crm.lead.lost", {"lead_ids": create}, {"lead_ids": leads}),
                ("crm.merge.opportunity", {"opportunity_ids": create}, {"opportunity_ids": leads}),
                ("res.partner", {"opportunity_ids": create}, {"opportunity_ids": leads}),
                (
                    "res.partner",
                    {"child_ids": [[0, "v", {"opportunity_ids": create}]]},
                    {"child_ids": {"fields": {"opportunity_ids": leads}}},
                ),
                ("crm.lead", {"value_source": "offer", "main_order_id": nested_order}, spec),
                ("crm.lead", {"order_ids": [[0, "v", nested_order]]}, spec),
                ("sale.order", {"opportunity_id": lead.id}, {"opportunity_id": leads}),
            ):
                records = self.env[model].with_user(user)
                defaults = {f"default_{name}": value for name, value in values.items()}
                for attempt in (
                    lambda r=records, v=values, f=fields: r.onchange(dict(v), [], f),
                    lambda r=records, v=values, f=fields: r.onchange(dict(v), list(v), f),
                    lambda r=records, d=defaults, f=fields: r.with_context(**d).onchange({}, [], f),
                ):
                    count += 1
                    with self.subTest(model=model, role=role, values=values):
                        self.assertFalse(self.find_traces(self.attempt(attempt)))
        self.assertEqual(count, 84)

    @mute_logger(*LOGGERS)
    def test_the_same_ids_are_told_to_who_may_read_them(self):
        """Otherwise the test above would prove nothing."""

        def get_readable(user, model):
            secrets = self.env[model].browse(secret.id for secret in self.secrets.get(model, []))
            return secrets.with_user(user)._filtered_access("read")

        _count, telling = self.run_attempts("sales_admin", get_readable, may_change=True)
        self.assertGreater(len(telling), 20)
        for name in ("crm.lead.payment.lead_id", "crm.lead.won.lead_ids", "project.task.lead_id"):
            self.assertTrue([line for line in telling if f" {name} " in line], name)

    def test_every_relation_of_this_addon_is_guarded(self):
        """A new relation of ours on a model without the guard would slip through."""
        for model in self.env.registry.values():
            if model._abstract or model._original_module == "lead_management" and not model._auto:
                continue
            ours = [f.name for f in model._fields.values() if f.relational and is_ours(f)]
            guarded = hasattr(model, "_check_sent")
            if model._name in UNGUARDED:
                continue
            self.assertTrue(guarded or not ours, f"{model._name}: {ours}")


@tagged("post_install", "-at_install")
class TestPublicMethods(RightsCommon):
    def get_methods(self, model):
        """Names of the methods that a client can call and that this addon defines or extends."""
        names = set()
        for cls in type(self.env[model]).mro():
            if cls.__module__.startswith("odoo.addons.lead_management."):
                names |= {
                    name
                    for name, value in vars(cls).items()
                    if inspect.isfunction(value)
                    and not name.startswith("_")
                    and not getattr(value, "_api_private", False)
                }
        return sorted(names)

    @mute_logger(*LOGGERS)
    def test_methods_on_foreign_records_tell_and_do_nothing(self):
        calls, telling = 0, []
        for role, world in self.worlds.items():
            others = ("sale.order", "res.partner", "crm.stage", "mail.activity")
            for model in (*self.get_models(), *others):
                records = [*self.get_secrets(world.user, model), self.env[model].browse(NOBODY)]
                for name in self.get_methods(model):
                    for record in records:
                        method = getattr(record.with_user(world.user), name)
                        arguments = ARGUMENTS.get(name, ())
                        calls += 1
                        with self.subTest(model=model, method=name, role=role, id=record.id):
                            answer = self.attempt(lambda m=method, a=arguments: m(*a))
                            if traces := self.find_traces(answer):
                                telling.append(f"{role}: {model}.{name}({record.id}): {traces}")
        self.assertFalse(telling, "\n".join(telling))
        self.assertGreater(calls, 1000)

    @mute_logger(*LOGGERS)
    def test_merging_foreign_leads_names_no_project(self):
        secret = self.create_project(SECRET, privacy_visibility="followers", allow_billable=True)
        other = self.create_project(f"{SECRET} 2", privacy_visibility="followers")
        leads = self.create_leads(2, user_id=self.colleague.id)
        for lead, project in zip(leads, secret | other, strict=True):
            lead.won_project_id = project
        for role in ("sales_own", "portal", "internal"):
            merge = leads.with_user(self.worlds[role].user).merge_opportunity
            with self.assertRaises(UserError) as refusal, self.env.cr.savepoint():
                merge()
            self.assertNotIn(SECRET, str(refusal.exception))

    @mute_logger(*LOGGERS)
    def test_context_key_of_the_handover_does_nothing_for_clients(self):
        """Hours of a salesperson cost what the employee costs, whatever the context says."""
        world = self.worlds["sales_own"]
        line = world.leads[OWN].timesheet_ids.filtered(lambda line: line.user_id == world.user)
        for value in (True, "KEEP_AMOUNT", {"keep": 1}):
            context = {"lead_keep_amount": value, "lead_conversion_keep_amount": value}
            line.with_user(world.user).with_context(**context).write({"unit_amount": 5})
            self.assertEqual(line.amount, -100)
            line.unit_amount = 2
            self.assertEqual(line.amount, -40)
