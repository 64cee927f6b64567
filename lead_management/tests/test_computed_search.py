"""What computed fields say, and what a search by them finds: the same, for each reader."""

from odoo.fields import Domain
from odoo.tests import tagged

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestComputedSearch(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids += cls.env.ref("sales_team.group_sale_manager")
        values = {"stage": "opened", "expected_revenue": 1000, "phone": "+43 1 234"}
        cls.mine = cls.create_lead(user_id=cls.salesperson.id, **values)
        cls.foreign = cls.create_lead(
            user_id=cls.salesperson_2.id, date_deadline="2020-01-31", **values
        )
        cls.declined = cls.create_lead(user_id=cls.salesperson_2.id, **values)
        for lead in (cls.mine, cls.foreign):
            lead.activity_schedule("mail.mail_activity_data_call", user_id=cls.salesperson.id)
            cls.record_hours(lead)
        cls.create_partner().activity_schedule(
            "mail.mail_activity_data_call", user_id=cls.salesperson.id
        )
        cls.declined.action_set_lost(lost_reason_id=cls.reason.id)
        cls.mine.won_project_id = cls.foreign.won_project_id = cls.env["project.project"].create(
            {"name": "Both", "privacy_visibility": "employees"}
        )
        cls.env.flush_all()
        cls.readers = (
            cls.salesperson,
            cls.sales_all,
            cls.sales_manager,
            cls.timesheet_user,
            cls.accountant,
        )

    def find_fields(self, condition):
        """Pairs of a model and a field of this addon that is computed when it is read."""
        for name, model in self.env.items():
            if model._abstract or model._transient:
                continue
            for field in model._fields.values():
                is_ours = field._modules and field._modules[0] == "lead_management"
                if is_ours and not field.store and field.compute and condition(field):
                    yield name, field

    def find_records(self, user, name, field):
        """What the user finds of a model, where he may read the field."""
        model = self.env[name].with_user(user).with_context(active_test=False)
        if not model.has_access("read") or not model._has_field_access(field, "read"):
            return model
        return model.search([], limit=300)

    def read_values(self, records, field):
        value_of = {record.id: record[field.name] for record in records}
        if field.relational:
            return {key: value.id for key, value in value_of.items()}
        return value_of

    def test_what_superuser_mode_has_read_is_told_to_nobody_else(self):
        told, count = [], 0
        for name, field in self.find_fields(lambda field: True):
            for user in self.readers:
                if not (records := self.find_records(user, name, field)):
                    continue
                self.env.invalidate_all()
                alone = records.mapped(field.name)
                self.env.invalidate_all()
                records.sudo().mapped(field.name)
                if alone != records.mapped(field.name):
                    told.append(f"{user.login}: {name}.{field.name}")
                count += 1
        self.assertFalse(told, "\n".join(told))
        self.assertGreater(count, 100)

    def test_search_finds_what_the_field_says(self):
        # search-only, of core's kind; amounts are compared with the currency's precision
        others = {"phone_any", "converted_revenue", "team_ids"}

        def is_searched(field):
            return field.search and not field.related and field.name not in others

        wrong, count = [], 0
        for name, field in self.find_fields(is_searched):
            for user in self.readers:
                if not (records := self.find_records(user, name, field)):
                    continue
                values = self.read_values(records, field)
                both = [True] if field.type == "boolean" else []
                for value in {*values.values(), False, *both}:
                    for sought in ([value], list({value, False, *both})):
                        expected = {key for key, each in values.items() if each in sought}
                        domain = Domain(field.name, "in", sought)
                        for wanted, ids in (
                            (domain, expected),
                            (~domain, values.keys() - expected),
                        ):
                            found = records.search(wanted & Domain("id", "in", records.ids))
                            if set(found.ids) != ids:
                                wrong.append(f"{user.login}: {name} {wanted}")
                            count += 1
        self.assertFalse(wrong, "\n".join(wrong))
        self.assertGreater(count, 100)
