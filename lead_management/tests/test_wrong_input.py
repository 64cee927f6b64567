"""Every public method, called by every role with what makes no sense: an answer in words."""

import inspect
import os
import time
import traceback

from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..setup.names import ADDON, OurNames
from ..tools.sent import sent_ids
from .common_handover import HandoverCommon

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TESTS = os.path.join(HERE, "tests")
MISSING = 2**31 - 2
WRONG = [None, "x", -1, [MISSING], {"x": 1}]
SLOW = 10.0


@tagged("post_install", "-at_install")
class TestWrongInput(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.names = OurNames(cls.env)
        cls.leads = cls.create_leads(2, stage="opened", expected_revenue=1000)
        cls.record_hours(cls.leads[0])
        cls.env["crm.lead.payment"].create(
            [{"lead_id": lead.id, "amount": 10, "date": "2030-01-01"} for lead in cls.leads]
        )
        cls.env["crm.lead.category"].create([{"name": "One"}, {"name": "Two"}])
        cls.create_offer(cls.leads[0])
        cls.env.flush_all()

    @classmethod
    def _find_methods(cls):
        """Pairs of model and public method of ours."""
        for model in [*sorted(cls.names.models), *cls.names.extended]:
            if model not in cls.env or cls.env[model]._abstract:
                continue
            found, theirs = set(), set()
            for definition in type(cls.env[model]).mro():
                is_ours = getattr(definition, "_module", None) == ADDON
                (found if is_ours else theirs).update(
                    name
                    for name, value in vars(definition).items()
                    if inspect.isfunction(value) and not name.startswith("_")
                )
            # what a call of Odoo's takes is Odoo's matter
            found = {name for name in found if name not in theirs or name.startswith("action_")}
            for name in sorted(found):
                method = getattr(type(cls.env[model]), name)
                if not getattr(method, "_api_private", False):
                    yield model, name, method

    def _find_arguments(self, method):
        """Positional arguments to try: none where there are none to give."""
        parameters = list(inspect.signature(method).parameters.values())[1:]
        required = [
            parameter
            for parameter in parameters
            if parameter.default is parameter.empty
            and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        ]
        if not required:
            return [[]]
        return [[value] * len(required) for value in WRONG]

    def _find_ids(self, model, method):
        if getattr(method, "_api_model", False):
            return [None]
        ids = self.env[model].sudo().with_context(active_test=False).search([], limit=2).ids
        return [[], [MISSING], ids, ids[:1]]

    def _call(self, user, model, name, ids, args):
        """What came of a call: ``ok``, ``clean``, or the end of a traceback of ours."""
        records = self.env[model].with_user(user)
        savepoint = self.env.cr.savepoint()
        try:
            call_kw(records, name, [*([] if ids is None else [ids]), *args], {})
            self.env.flush_all()
            return "ok"
        except UserError as error:
            return "clean" if str(error).strip() else "UserError without a sentence"
        except Exception as error:  # noqa: BLE001  pylint: disable=broad-except
            frames = traceback.extract_tb(error.__traceback__)
            ours = [
                frame
                for frame in frames
                if frame.filename.startswith(HERE) and not frame.filename.startswith(TESTS)
            ]
            return f"{error!r} at {ours[-1].filename}:{ours[-1].lineno}" if ours else "clean"
        finally:
            self.env.clear()
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)

    @mute_logger("odoo.sql_db", "odoo.addons.lead_management")
    def test_public_methods_answer_wrong_input_in_words(self):
        users = [
            self.salesperson,
            self.sales_all,
            self.project_manager,
            self.accountant,
            self.env.ref("base.user_admin"),
            self.env.ref("base.public_user"),
        ]
        counts, broken, slow = {}, {}, []
        for model, name, method in self._find_methods():
            for ids in self._find_ids(model, method):
                for args in self._find_arguments(method):
                    for user in users:
                        start = time.monotonic()
                        result = self._call(user, model, name, ids, args)
                        if time.monotonic() - start > SLOW:
                            slow.append((model, name, ids, args))
                        kind = result if result in ("ok", "clean") else "traceback"
                        counts[kind] = counts.get(kind, 0) + 1
                        if kind == "traceback":
                            broken.setdefault(f"{model}.{name}: {result}", (user.login, ids, args))
        self.assertFalse(broken, "\n".join(f"{key} {value}" for key, value in broken.items()))
        self.assertFalse(slow)
        self.assertGreater(counts["ok"] + counts["clean"], 500)

    def test_numbers_sent_as_text_are_read_or_refused_in_words(self):
        """Odoo reads numbers in texts; our rules look at them before it does."""
        lead = self.leads[0].with_user(self.salesperson)
        lead.write({"probability": "42.5", "expected_revenue": "1234.50"})
        self.assertEqual((lead.probability, lead.expected_revenue), (42.5, 1234.5))
        lead.payment_ids.percentage = 50
        lead.payment_ids.write({"amount": "7"})
        self.assertEqual(lead.payment_ids.amount, 7)
        other = lead.create({"name": "Text", "probability": "12", "expected_revenue": "5"})
        self.assertEqual((other.probability, other.expected_revenue), (12, 5))
        for value in ("x", "1,5", [1], {"x": 1}, "nan", float("inf"), 10**400):
            for enter in (
                lambda value=value: lead.write({"probability": value}),
                lambda value=value: lead.write({"expected_revenue": value}),
                lambda value=value: lead.create({"name": "x", "probability": value}),
                lambda value=value: lead.payment_ids.write({"amount": value}),
            ):
                with self.assertRaisesRegex(UserError, "no number"):
                    enter()
        payments = lead.payment_ids
        for enter in (
            lambda: lead.write({"expected_revenue": 1e15}),
            lambda: lead.create({"name": "x", "expected_revenue": -1e300}),
            lambda: payments.write({"amount": 1e20}),
            lambda: payments.create({"lead_id": lead.id, "amount": 1e15}),
        ):
            with self.assertRaisesRegex(UserError, "too large"):
                enter()

    def test_true_is_checked_as_the_record_that_the_cache_takes_it_for(self):
        self.assertEqual(sent_ids(True), ([1], []))
        self.assertIs(type(sent_ids(True)[0][0]), int)

    def test_stored_dialogs_without_anything_can_be_listed(self):
        """A dialog that was created by code, or whose lead is gone, breaks no list."""
        for model in sorted(self.names.models):
            Model = self.env.get(model)
            if Model is None or not Model._transient:
                continue
            with self.subTest(model), mute_logger("odoo.sql_db"):
                try:
                    with self.env.cr.savepoint():
                        dialog = Model.create({})
                except (UserError, Exception) as error:  # noqa: BLE001
                    self.assertNotIsInstance(error, (TypeError, KeyError, IndexError, ValueError))
                    continue
                dialog.invalidate_recordset()
                dialog.read()
                Model.search_read([("id", "=", dialog.id)])

    def test_record_that_somebody_else_works_on_is_told_in_words(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.module.module"]._load_module_terms([ADDON], ["de_DE"])
        # one that other connections see, and nobody here refers to
        record = self.env.ref("base.aq").with_context(lang="de_DE")
        with db_connect(self.env.cr.dbname).cursor() as other:
            lock = "SELECT 1 FROM res_country WHERE id = %s FOR UPDATE NOWAIT"
            other.execute(lock, [record.id])
            with self.assertRaisesRegex(UserError, "noch einmal"):
                record._lock_in_words()
