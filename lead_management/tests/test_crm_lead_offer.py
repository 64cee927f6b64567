"""The offers of a lead: the one that counts, and the value taken from it."""

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import LeadManagementCommon


@tagged("post_install", "-at_install")
class TestLeadOffer(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.create_partner()
        cls.lead = cls.create_lead(
            stage="offer_made", partner_id=cls.partner.id, expected_revenue=777
        )

    def _take_over(self, lead=None):
        (lead or self.lead).with_user(self.salesperson).action_take_over_offer()
        self.env.flush_all()

    def _set_price(self, offer, price):
        offer.order_line[:1].price_unit = price
        self.env.flush_all()

    # ------------------------------------------------------------
    # Which offer
    # ------------------------------------------------------------

    def test_only_offer_is_the_main_one(self):
        self.assertFalse(self.lead.main_order_id)
        offer = self.create_offer(self.lead)
        self.assertEqual(self.lead.main_order_id, offer)

    def test_second_offer_leaves_the_main_one(self):
        first = self.create_offer(self.lead)
        self.create_offer(self.lead)
        self.assertEqual(self.lead.main_order_id, first)

    def test_first_of_two_offers_at_once_is_the_main_one(self):
        first = self.create_offer(self.env["crm.lead"], partner_id=self.partner.id)
        second = self.create_offer(self.env["crm.lead"], partner_id=self.partner.id)
        (first | second).write({"opportunity_id": self.lead.id})
        self.env.flush_all()
        self.assertEqual(self.lead.main_order_id, first)

    def test_chosen_main_offer_stays_when_offers_are_cancelled(self):
        first, second, third = (self.create_offer(self.lead) for _number in range(3))
        self.lead.with_user(self.salesperson).main_order_id = second
        third.action_cancel()
        self.assertEqual(self.lead.main_order_id, second)
        second.action_cancel()
        self.assertEqual(self.lead.main_order_id, second, "shown as cancelled")
        first.action_cancel()
        self.assertEqual(self.lead.main_order_id, second)

    def test_offer_that_goes_to_another_lead_is_main_there(self):
        offer = self.create_offer(self.lead)
        other = self.create_lead(partner_id=self.partner.id)
        offer.opportunity_id = other
        self.env.flush_all()
        self.assertFalse(self.lead.main_order_id)
        self.assertEqual(other.main_order_id, offer)

    def test_deleted_main_offer(self):
        first, second = self.create_offer(self.lead), self.create_offer(self.lead)
        self.assertEqual(self.lead.main_order_id, first)
        first.action_cancel()
        first.unlink()
        self.env.flush_all()
        self.assertFalse(self.lead.main_order_id)
        third = self.create_offer(self.lead)
        self.assertEqual(self.lead.main_order_id, third, "the next new one")
        self.assertIn(second, self.lead.order_ids)

    def test_copy_of_a_lead_takes_no_offer(self):
        self.create_offer(self.lead)
        self._take_over()
        copy = self.lead.copy()
        self.assertFalse(copy.main_order_id)
        self.assertEqual(copy.value_source, "manual")
        self.assertEqual(copy.expected_revenue, 1000)

    # ------------------------------------------------------------
    # Which value
    # ------------------------------------------------------------

    def test_offers_change_no_value_until_taken_over(self):
        offer = self.create_offer(self.lead, price=1000)
        self.assertEqual(self.lead.value_source, "manual")
        self._set_price(offer, 2000)
        self.assertEqual(self.lead.expected_revenue, 777)

    def test_take_over_copies_the_untaxed_total(self):
        tax = self.env["account.tax"].create({"name": "20 % (test)", "amount": 20})
        offer = self.create_offer(self.lead, price=1000)
        offer.order_line.tax_ids = tax
        self.assertEqual(offer.amount_total, 1200)
        self._take_over()
        self.assertEqual(self.lead.expected_revenue, 1000)
        self.assertEqual(self.lead.value_source, "offer")
        self.assertEqual(self.lead.prorated_revenue, 750)
        self.assertProbability(self.lead, 75)

    def test_value_stays_in_step_with_the_main_offer(self):
        offer, other = self.create_offer(self.lead), self.create_offer(self.lead)
        self._take_over()
        self._set_price(offer, 1500)
        self.assertEqual(self.lead.expected_revenue, 1500)
        self._set_price(other, 9999)
        self.assertEqual(self.lead.expected_revenue, 1500)
        self.lead.main_order_id = other
        self.env.flush_all()
        self.assertEqual(self.lead.expected_revenue, 9999)
        offer.order_line = [Command.clear()]
        self.env.flush_all()
        self.assertEqual(self.lead.expected_revenue, 9999)

    def test_salesperson_who_edits_the_offer_moves_the_value(self):
        offer = self.create_offer(self.lead)
        self._take_over()
        offer.with_user(self.salesperson).order_line.price_unit = 1500
        self.env.flush_all()
        self.assertEqual(self.lead.expected_revenue, 1500)
        self.assertEqual(self.lead.value_source, "offer")

    def test_cancelled_main_offer_leaves_the_last_value(self):
        offer = self.create_offer(self.lead)
        self._take_over()
        offer.action_cancel()
        self.env.flush_all()
        self.assertEqual(self.lead.expected_revenue, 1000)

    def test_value_stands_still_after_the_decision(self):
        for decide in ("won", "lost"):
            lead = self.create_lead(stage="offer_made", partner_id=self.partner.id)
            offer = self.create_offer(lead)
            self._take_over(lead)
            if decide == "won":
                lead.action_set_won()
            else:
                lead.action_set_lost(lost_reason_id=self.reason.id)
            self._set_price(offer, 5000)
            self.assertEqual(lead.expected_revenue, 1000, decide)

    def test_reopened_lead_follows_its_offer_again(self):
        offer = self.create_offer(self.lead)
        self._take_over()
        self.lead.action_set_lost(lost_reason_id=self.reason.id)
        self.lead.action_restore()
        self._set_price(offer, 5000)
        self.assertEqual(self.lead.expected_revenue, 5000)

    def test_value_typed_in_is_manual_from_then_on(self):
        offer = self.create_offer(self.lead)
        self._take_over()
        self.lead.with_user(self.salesperson).expected_revenue = 888
        self.assertEqual(self.lead.value_source, "manual")
        self._set_price(offer, 5000)
        self.assertEqual(self.lead.expected_revenue, 888)

    def test_value_typed_into_the_form_is_manual_before_saving(self):
        self.create_offer(self.lead)
        self._take_over()
        spec = {"expected_revenue": {}, "value_source": {}}
        for value, source in ((888, "manual"), (1000, "offer")):
            values = {"expected_revenue": value, "value_source": "offer"}
            changed = self.lead.onchange(values, ["expected_revenue"], spec)["value"]
            self.assertEqual(changed.get("value_source", "offer"), source)
            self.assertEqual(changed.get("expected_revenue", value), value)
        self.lead.write({"expected_revenue": 888, "value_source": "manual"})
        self.assertEqual((self.lead.expected_revenue, self.lead.value_source), (888, "manual"))

    def test_take_over_without_offer_or_after_the_decision_is_refused(self):
        with self.assertRaisesRegex(UserError, "no main offer"):
            self._take_over()
        self.create_offer(self.lead)
        self.lead.action_set_won()
        with self.assertRaisesRegex(UserError, "decided"):
            self._take_over()

    def test_confirming_the_offer_does_not_overwrite_a_typed_in_value(self):
        """Core raises the value to the order's total; only for the one offer that counts."""
        main, other = (
            self.create_offer(self.lead, price=500),
            self.create_offer(self.lead, price=5000),
        )
        self.assertEqual(self.lead.main_order_id, main)
        other.action_confirm()
        self.assertEqual(self.lead.expected_revenue, 777)
        main.action_confirm()
        self.assertEqual(self.lead.expected_revenue, 777, "core only raises")
        self.assertEqual(self.lead.value_source, "manual")

    def test_confirming_any_offer_gives_a_lead_without_a_value_its_total(self):
        lead = self.create_lead(stage="offer_made")
        self.create_offer(lead, price=300)
        other = self.create_offer(lead, price=200)
        self.assertEqual(lead.expected_revenue, 0)
        other.action_confirm()
        self.assertEqual(lead.expected_revenue, 200)
        self.create_offer(lead, price=900).action_confirm()
        self.assertEqual(lead.expected_revenue, 200)

    def test_confirming_keeps_a_value_that_follows_its_offer(self):
        currency = self.create_foreign_currency({"2020-01-01": 2.0})
        offer = self._create_foreign_offer(currency)
        self._take_over()
        self.assertEqual(self.lead.expected_revenue, 500)
        offer.action_confirm()
        self.env.flush_all()
        self.assertEqual(self.lead.expected_revenue, 500)
        self.assertEqual(self.lead.value_source, "offer")

    # ------------------------------------------------------------
    # Currencies
    # ------------------------------------------------------------

    def _create_foreign_offer(self, currency, **values):
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        return self.create_offer(self.lead, price=1000, pricelist_id=pricelist.id, **values)

    def test_foreign_offer_is_converted_at_its_own_date(self):
        currency = self.create_foreign_currency(
            {"2025-01-01": 2.0, "2025-07-01": 4.0, "2026-01-01": 5.0}
        )
        offer = self._create_foreign_offer(currency, date_order="2025-03-01 10:00:00")
        self.assertEqual(offer.currency_id, currency)
        self._take_over()
        self.assertEqual(self.lead.expected_revenue, 500)
        offer.date_order = "2025-08-01 10:00:00"
        self.env.flush_all()
        self.assertEqual(self.lead.expected_revenue, 250)
        self.env["res.currency.rate"].create(
            {
                "currency_id": currency.id,
                "name": "2025-09-01",
                "rate": 10,
                "company_id": self.company.id,
            }
        )
        self.env.flush_all()
        self.assertEqual(self.lead.expected_revenue, 250, "a later rate changes nothing")

    def test_lead_without_company_counts_in_the_orders_company(self):
        lead = self.create_lead(
            stage="offer_made",
            user_id=False,
            team_id=False,
            company_id=False,
            partner_id=self.partner.id,
        )
        self.assertFalse(lead.company_id)
        self.create_offer(lead, price=1000)
        lead.action_take_over_offer()
        self.env.flush_all()
        self.assertEqual(lead.expected_revenue, 1000)

    def test_weighted_value_is_rounded_to_the_currency(self):
        self.lead.write({"expected_revenue": 333.33, "probability": 33.33})
        self.assertEqual(self.lead.prorated_revenue, 111.1)

    def test_open_offers_total(self):
        currency = self.create_foreign_currency({"2020-01-01": 2.0})
        self.create_offer(self.lead, price=1000)
        self._create_foreign_offer(currency)
        cancelled, confirmed = (
            self.create_offer(self.lead, price=9000),
            self.create_offer(self.lead, price=90),
        )
        cancelled.action_cancel()
        confirmed.action_confirm()
        self.env.invalidate_all()
        self.assertEqual(self.lead.quotation_amount_total, 1500)
        self.assertEqual(self.lead.quotation_count, 2)
        self.assertEqual(self.lead.sale_amount_total, 90)

    # ------------------------------------------------------------
    # New offer, margin, access
    # ------------------------------------------------------------

    def test_new_offer_for_a_lead_with_a_contact(self):
        action = self.lead.with_user(self.salesperson).action_new_offer()
        self.assertEqual(action["res_model"], "sale.order")
        self.assertEqual(action["context"]["default_opportunity_id"], self.lead.id)
        self.assertEqual(action["context"]["default_partner_id"], self.partner.id)
        with Form(
            self.env["sale.order"].with_user(self.salesperson).with_context(**action["context"])
        ) as form:
            self.assertEqual(form.partner_id, self.partner)
        self.assertEqual(self.lead.main_order_id, form.save().sudo())

    def test_new_offer_for_a_contact_on_the_lead_alone_asks_for_it(self):
        lead = self.create_lead(contact_name="Maria Huber").with_user(self.salesperson)
        action = lead.action_new_offer()
        self.assertEqual(action["res_model"], "crm.quotation.partner")
        wizard = (
            self.env["crm.quotation.partner"]
            .with_user(self.salesperson)
            .with_context(active_model="crm.lead", active_id=lead.id)
            .create({"action": "create"})
        )
        action = wizard.action_apply()
        self.assertEqual(lead.partner_id.name, "Maria Huber")
        self.assertEqual(action["context"]["default_partner_id"], lead.partner_id.id)

    def test_offer_shows_its_margin(self):
        offer = self.create_offer(self.lead, products=self.create_product(price=1000), price=1000)
        self.assertEqual(offer.order_line.purchase_price, 500)
        self.assertEqual(offer.margin, 500)
        self.assertEqual(offer.margin_percent, 0.5)

    def test_salesperson_with_timesheets_opens_an_offer(self):
        offer = self.create_offer(self.lead, tracking="task_in_project")
        offer.action_confirm()
        with Form(offer.with_user(self.salesperson)):
            pass

    def test_offers_cost_no_query_per_lead(self):
        leads = self.create_leads(20, stage="offer_made", partner_id=self.partner.id)
        for lead in leads:
            self.create_offer(lead)

        def read(count):
            return self.count_queries(
                lambda: leads[:count].mapped(
                    lambda lead: (lead.main_order_id.name, lead.quotation_amount_total)
                )
            )

        read(1)
        self.assertEqual(read(10), read(20))

    def test_offer_written_elsewhere_is_assigned_to_the_lead(self):
        lead = self.create_lead(user_id=self.salesperson.id)
        offer = self.create_offer(lead)
        offer.opportunity_id = False
        self.assertFalse(lead.main_order_id)
        lead.with_user(self.salesperson).order_to_assign_id = offer
        self.assertEqual(lead.order_ids, offer)
        self.assertEqual(lead.main_order_id, offer)
        self.assertFalse(lead.order_to_assign_id)
