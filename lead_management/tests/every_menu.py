"""Every menu entry of sales and projects opens, for every role, among whatever modules there are.

No test of the suite: ``./dev neighbours`` runs this file where all other modules are.
"""

import contextlib
import logging

from lxml import etree

from odoo.tests import HttpCase, tagged
from odoo.tools.safe_eval import datetime, dateutil, safe_eval, time

from .common_handover import HandoverCommon

APPS = (
    "crm.crm_menu_root",
    "sale.sale_menu_root",
    "project.menu_main_pm",
    "hr_timesheet.timesheet_menu_root",
)
CLICK = "odoo.loader.modules.get('@web/webclient/clickbot/clickbot_loader').startClickEverywhere"
# entries that fail for a role without the addon, too
KNOWN = {
    # pos_loyalty's list asks for tills, which are not for salespeople
    "sale_loyalty.menu_gift_ewallet_type_config",
}


class EveryMenuCommon(HandoverCommon, HttpCase):
    @contextlib.contextmanager
    def noting(self, problems, where):
        """Note what fails or warns in this block."""
        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: problems.append(f"{where}: {record.getMessage()}")
        logging.getLogger().addHandler(handler)
        try:
            yield
        except Exception as problem:  # noqa: BLE001 - all of them are told at the end
            problems.append(f"{where}: {problem}")
        finally:
            logging.getLogger().removeHandler(handler)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        leads = cls.create_leads(3, stage="opened", partner_id=cls.partner.id)
        for lead in leads:
            cls.record_hours(lead)
            cls.create_offer(lead)
        leads[0].action_set_won()
        leads[1].action_set_lost(lost_reason_id=cls.reason.id)
        leads[2].activity_schedule("mail.mail_activity_data_call", user_id=leads[2].user_id.id)


@tagged("post_install", "-at_install")
class TestEveryMenu(EveryMenuCommon):
    """Each role asks what the web client asks; nothing fails, warns or writes while it reads."""

    def test_every_entry_opens_for_every_role(self):
        users = (
            *(self.salesperson, self.sales_all, self.sales_manager, self.cost_viewer),
            *(self.timesheet_user, self.project_manager, self.accountant),
        )
        opened, problems = 0, []
        for user in users:
            self.authenticate(user.login, user.login + "x" * (8 - len(user.login)))
            menus = self.env["ir.ui.menu"].with_user(user).load_web_menus(False)
            roots = {menu["id"] for menu in menus.values() if menu["xmlid"] in APPS}
            for menu in menus.values():
                is_ours = menu["appID"] in roots and menu["xmlid"] not in KNOWN
                if is_ours and menu["actionID"]:
                    opened += 1
                    with self.noting(problems, f"{user.login}, {menu['xmlid']}"):
                        self.open_menu(menu["actionID"])
        self.assertGreater(opened, 100)
        self.assertFalse(problems, "\n".join([f"{opened} entries", *problems]))

    def open_menu(self, action_id):
        """Open an entry's action with each of its views."""
        action = self.ask("/web/action/load", {"action_id": action_id})
        if action["type"] == "ir.actions.server":
            action = self.ask("/web/action/run", {"action_id": action_id})
        if not action or action["type"] != "ir.actions.act_window":
            return
        names = {"uid": self.session.uid, "context_today": datetime.datetime.now, "time": time}
        names |= {"datetime": datetime, "relativedelta": dateutil.relativedelta.relativedelta}
        names |= {"allowed_company_ids": self.company.ids, "active_id": False, "active_ids": []}
        context, domain = (
            value if not isinstance(value, str) else safe_eval(value or empty, names)
            for value, empty in ((action["context"], "{}"), (action["domain"] or "[]", "[]"))
        )
        self.context = {key: value for key, value in context.items() if value is not None}
        self.model = action["res_model"]
        views = [
            *action["views"],
            [action["search_view_id"] and action["search_view_id"][0], "search"],
        ]
        options = {"action_id": action.get("id"), "load_filters": True, "toolbar": True}
        found = self.call("get_views", views=views, options=options)
        for kind, view in found["views"].items():
            self.open_view(kind, etree.fromstring(view["arch"]), domain or [], found["models"])

    def open_view(self, kind, arch, domain, models):
        """Ask for a view's first records, or groups."""
        known = models[self.model]["fields"]
        nodes = arch.xpath("//field[not(ancestor::field)][not(ancestor::groupby)]")
        names = [node.get("name") for node in nodes]
        self.assertFalse(set(names) - set(known), f"{kind} of {self.model}")
        spec = {name: {} for name in names}
        for name in names:
            if known[name]["type"] == "many2one":
                spec[name] = {"fields": {"display_name": {}}}
        if kind == "search":
            return
        group = arch.get("default_group_by")
        if kind in ("pivot", "graph"):
            groups = [
                self.as_group(known, node.get("name"), node.get("interval"))
                for node in nodes
                if node.get("type") in ("row", "col")
            ]
            self.call("formatted_read_group", domain=domain, groupby=groups, aggregates=["__count"])
        elif kind == "form":
            ids = self.call("search", domain=domain, limit=1)
            if ids:
                self.call("web_read", ids, specification=spec)
        elif group and group.split(":")[0] in known:
            self.call(
                "web_read_group",
                domain=domain,
                groupby=[self.as_group(known, *group.split(":"))],
                aggregates=[],
                auto_unfold=True,
                unfold_read_specification=spec,
                unfold_read_default_limit=40,
            )
        else:
            self.call("web_search_read", domain=domain, specification=spec, limit=80)

    def as_group(self, known, name, interval=None):
        """The name of a field to group by, with its interval where it is a date."""
        is_date = known[name]["type"] in ("date", "datetime")
        return f"{name}:{interval or 'month'}" if is_date else name

    def call(self, method, *args, **kwargs):
        """Call a method as the web client does."""
        params = {"model": self.model, "method": method, "args": args}
        params["kwargs"] = {**kwargs, "context": self.context}
        return self.ask(f"/web/dataset/call_kw/{self.model}/{method}", params)

    def ask(self, path, params):
        """The result of a request; what an error says."""
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = self.opener.post(self.base_url() + path, json=body, timeout=60).json()
        if "error" in answer:
            raise ValueError(f"{path}: {answer['error']['data']['message']}")
        return answer["result"]


@tagged("post_install", "-at_install")
class TestClickEverywhere(EveryMenuCommon):
    """The administrator clicks every entry, view and filter in a browser."""

    # requests wait for one that makes the assets of so many modules
    test_cursor_lock_timeout = 300

    def test_every_click(self):
        self.env.ref("base.user_admin").tour_enabled = False
        problems = []
        for app in APPS:
            with self.noting(problems, app):
                self.browser_js(
                    "/odoo",
                    f"{CLICK}('{app}')",
                    "odoo.isReady === true",
                    login="admin",
                    timeout=1200,
                    success_signal="clickbot test succeeded",
                )
        self.assertFalse(problems, "\n".join(["", *problems]))
