"""Coming into a database that is in use, and going: what is filled, what is left alone."""

from importlib.util import module_from_spec, spec_from_file_location

from lxml import etree

from odoo.tests import tagged
from odoo.tools import file_path

from ..hooks import pre_init_hook, uninstall_hook
from .common import STAGES, LeadManagementCommon
from .common_handover import HandoverCommon

ADDON = "lead_management"
# what people work with: none of it may belong to the addon, which would delete it
WORK = ("project.project", "project.task", "account.analytic.line", "crm.lead", "sale.order")

COLUMNS = ("next_follow_up", "main_order_id", "value_source", "project_state")


@tagged("post_install", "-at_install")
class TestPreInit(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leads = cls.create_leads(7, stage="opened")
        cls.won, cls.lost, cls.one_offer, cls.two_offers, cls.cancelled, cls.due, _plain = cls.leads
        cls.won.action_set_won()
        cls.lost.action_set_lost(lost_reason_id=cls.reason.id)
        cls.offer = cls.create_offer(cls.one_offer)
        cls.create_offer(cls.one_offer).action_cancel()
        cls.create_offer(cls.two_offers)
        cls.create_offer(cls.two_offers)
        cls.create_offer(cls.cancelled).action_cancel()
        for user, date in ((cls.salesperson, "2030-05-02"), (cls.salesperson_2, "2030-05-01")):
            cls.due.activity_schedule("mail.mail_activity_data_todo", date, user_id=user.id)
        done = cls.due.activity_schedule(
            "mail.mail_activity_data_todo", "2030-01-01", user_id=cls.salesperson.id
        )
        done.active = False
        cls.env.flush_all()

    def _forget(self):
        """The columns as they are before the addon comes: not there."""
        self.env.cr.execute(
            """
            ALTER TABLE crm_lead DROP COLUMN next_follow_up, DROP COLUMN main_order_id,
                                 DROP COLUMN value_source, DROP COLUMN order_cancelled,
                                 DROP COLUMN project_state
            """
        )

    def _read(self):
        self.env.cr.execute(
            """
            SELECT id, next_follow_up::text, main_order_id, value_source, project_state
              FROM crm_lead WHERE id = ANY(%s)
            """,
            [self.leads.ids],
        )
        return {row[0]: row[1:] for row in self.env.cr.fetchall()}

    def _expected(self):
        expected = {lead.id: (None, None, "manual", "none") for lead in self.leads}
        expected[self.won.id] = (None, None, "manual", "no_project")
        expected[self.one_offer.id] = (None, self.offer.id, "manual", "none")
        expected[self.due.id] = ("2030-05-01", None, "manual", "none")
        return expected

    def test_values_of_existing_leads(self):
        self._forget()
        pre_init_hook(self.env)
        self.assertEqual(self._read(), self._expected())

    def test_twice_is_once(self):
        self._forget()
        pre_init_hook(self.env)
        pre_init_hook(self.env)
        self.assertEqual(self._read(), self._expected())

    def test_columns_have_no_default_left_in_the_database(self):
        self._forget()
        pre_init_hook(self.env)
        self.env.cr.execute(
            """
            SELECT column_name FROM information_schema.columns
             WHERE table_name = 'crm_lead' AND column_name = ANY(%s)
               AND column_default IS NOT NULL
            """,
            [list(COLUMNS)],
        )
        self.assertFalse(self.env.cr.fetchall())

    def test_number_of_queries_does_not_depend_on_the_number_of_leads(self):
        before = self.env.cr.sql_log_count
        pre_init_hook(self.env)
        few = self.env.cr.sql_log_count - before
        self.create_leads(50)
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        pre_init_hook(self.env)
        self.assertEqual(self.env.cr.sql_log_count - before, few)

    def test_same_follow_ups_as_the_computed_ones(self):
        self._forget()
        pre_init_hook(self.env)
        self.env.invalidate_all()
        filled = {lead.id: lead.next_follow_up for lead in self.leads}
        self.env.add_to_compute(self.leads._fields["next_follow_up"], self.leads)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual({lead.id: lead.next_follow_up for lead in self.leads}, filled)


@tagged("post_install", "-at_install")
class TestSources(LeadManagementCommon):
    def test_sources_ship_and_bear_names_in_the_administrators_language(self):
        names = ("website", "word_of_mouth", "local_ad", "social_media")
        sources = [self.env.ref(f"{ADDON}.source_{name}") for name in names]
        self.assertEqual(sources[1].name, "Word of Mouth")
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.module.module"]._load_module_terms([ADDON], ["de_DE"])
        self.env.ref("base.user_admin").lang = "de_DE"
        self.env["utm.source"]._name_lead_sources()
        self.assertEqual(
            [source.name for source in sources],
            ["Website", "Mundpropaganda", "Lokale Anzeige", "Soziale Medien"],
        )

    def test_uninstalling_keeps_them_with_the_leads(self):
        source = self.env.ref(f"{ADDON}.source_website")
        uninstall_hook(self.env)
        self.assertFalse(self.env.ref(f"{ADDON}.source_website", raise_if_not_found=False))
        self.assertTrue(source.exists())


@tagged("post_install", "-at_install")
class TestUpdate(LeadManagementCommon):
    def test_views_of_users_name_the_project_by_its_new_name(self):
        path = file_path("lead_management/migrations/19.0.1.3.0/pre-won-project.py")
        spec = spec_from_file_location("migration", path)
        migration = module_from_spec(spec)
        spec.loader.exec_module(migration)
        old = """<data>
            <field name="partner_id" position="after"><field name="project_id"/></field>
            <xpath expr="//field[@name='project_id']" position="after">
                <button invisible="not project_id or lead_project_id"/>
                <field name="task_ids"><list><field name="project_id"/></list></field>
            </xpath>
        </data>"""
        new = old.replace('after"><field name="project_id', 'after"><field name="won_project_id')
        new = new.replace("'project_id'", "'won_project_id'")
        new = new.replace("not project_id", "not won_project_id")
        self.assertEqual(migration._rename_in_arch(old), new)


@tagged("post_install", "-at_install")
class TestInstallStages(LeadManagementCommon):
    def _make_core_database(self):
        """The stages as core brings them, no lead, ours gone."""
        self.env.cr.execute("DELETE FROM crm_lead")
        self.env.invalidate_all()
        self.env["crm.stage"].search([]).unlink()
        core = self.env["crm.stage"].create(
            [
                {"name": name, "sequence": sequence, "is_won": name == "Won"}
                for sequence, name in enumerate(("New", "Qualified", "Proposition", "Won"), 1)
            ]
        )
        self.env["ir.model.data"]._update_xmlids(
            [
                {"xml_id": f"crm.stage_lead{number}", "record": stage, "noupdate": True}
                for number, stage in enumerate(core, 1)
            ]
        )
        return core

    def test_untouched_database_gets_the_nine(self):
        core = self._make_core_database()
        stages = self.env["crm.stage"]._install_standard_stages()
        self.assertFalse(core.exists())
        self.assertEqual(self.env["crm.stage"].search([]), stages)
        self.assertEqual(len(stages), 9)
        for name, stage in zip(STAGES, stages, strict=True):
            self.assertEqual(self.env.ref(f"lead_management.crm_stage_{name}"), stage)

    def test_twice_is_once(self):
        self._make_core_database()
        stages = self.env["crm.stage"]._install_standard_stages()
        self.assertFalse(self.env["crm.stage"]._install_standard_stages())
        self.assertEqual(self.env["crm.stage"].search([]), stages)

    def test_one_lead_keeps_all_stages(self):
        for active in (True, False):
            core = self._make_core_database()
            lead = self.env["crm.lead"].create({"name": "Old", "stage_id": core[1].id})
            lead.active = active
            before = lead.probability
            self.assertFalse(self.env["crm.stage"]._install_standard_stages())
            self.assertEqual(self.env["crm.stage"].search([]), core)
            self.assertFalse(any(core.mapped("uses_default_probability")))
            self.assertEqual((lead.stage_id, lead.probability), (core[1], before))

    def test_one_stage_of_ones_own_keeps_all_stages(self):
        core = self._make_core_database()
        own = self.env["crm.stage"].create({"name": "Own", "sequence": 9})
        self.assertFalse(self.env["crm.stage"]._install_standard_stages())
        self.assertEqual(self.env["crm.stage"].search([]), core | own)

    def test_removing_the_addon_leaves_the_stages(self):
        uninstall_hook(self.env)
        for stage in self.stages.values():
            self.assertTrue(stage.exists())
            self.assertFalse(stage.get_external_id()[stage.id])


@tagged("post_install", "-at_install")
class TestRemoval(HandoverCommon):
    def test_removing_the_addon_deletes_no_project_and_no_hours(self):
        """What has an external id of ours is deleted with us."""
        lead = self.create_lead(stage="negotiation", partner_id=self.partner.id)
        self.record_hours(lead)
        self.convert(lead, self.salesperson)
        self.env.flush_all()
        domain = [("module", "=", ADDON), ("model", "in", WORK)]
        demo = self.env["ir.module.module"]._get(ADDON).demo
        self.assertFalse(not demo and self.env["ir.model.data"].search(domain))
        mine = self.env["ir.model.data"].search(
            [("model", "=", "project.project"), ("res_id", "=", self.lead_project.id)]
        )
        self.assertFalse(mine)
        self.assertEqual(self._find_in_xml(lambda record: record.get("model") in WORK), [])

    def test_no_record_of_another_module_is_overwritten(self):
        """Nothing would put core's records back when the addon goes."""

        def is_foreign(element):
            xmlid = element.get("id") or ""
            return "." in xmlid and not xmlid.startswith(f"{ADDON}.")

        self.assertEqual(self._find_in_xml(is_foreign), [])
        self.assertEqual(
            self._find_in_xml(lambda element: element.tag in ("delete", "function")), []
        )
        self.env.cr.execute(
            """SELECT ours.name, theirs.module, theirs.name
                 FROM ir_model_data ours
                 JOIN ir_model_data theirs
                   ON (theirs.model, theirs.res_id) = (ours.model, ours.res_id)
                WHERE ours.module = %s AND theirs.module != %s
                  AND ours.model NOT LIKE 'ir.model%%'""",
            [ADDON, ADDON],
        )
        self.assertEqual(self.env.cr.fetchall(), [])

    def _find_in_xml(self, is_found):
        """The ids of the top-level elements in the addon's data files for which this is true."""
        manifest = self.env["ir.module.module"].get_module_info(ADDON)
        found, count = [], 0
        for name in manifest["data"]:
            if name.endswith(".xml"):
                root = etree.parse(file_path(f"{ADDON}/{name}")).getroot()
                for element in root.xpath("/odoo/*|/odoo/data/*"):
                    count += 1
                    if isinstance(element.tag, str) and is_found(element):
                        found.append(f"{name}: {element.get('id') or element.tag}")
        self.assertGreater(count, 20)
        return found
