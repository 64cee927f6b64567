"""At uninstall: what people made in the database and what would not work without this addon."""

import ast
import json
import logging
import re

from lxml import etree, html

from odoo.fields import Command

from .names import ADDON, OurNames
from .views import clean_views

_logger = logging.getLogger(__name__)

NOBODY = "[(0, '=', 1)]"
# Domains that say whom something is for: emptied, they would mean everybody.
# Model, the field with the name of its model or that name behind "=", the field with the domain.
AUDIENCES = [
    ("crm.team", "=crm.lead", "assignment_domain"),
    ("crm.team.member", "=crm.lead", "assignment_domain"),
    ("crm.team.member", "=crm.lead", "assignment_domain_preferred"),
    ("data_recycle.model", "res_model_name", "domain"),
    ("event.lead.rule", "=event.registration", "event_registration_filter"),
    ("gamification.challenge", "=res.users", "user_domain"),
    ("gamification.goal.definition", "model_id.model", "domain"),
    ("ir.actions.report", "model", "domain"),
    ("ir.embedded.actions", "parent_res_model", "domain"),
    ("ir.rule", "model_id.model", "domain_force"),
    ("mailing.filter", "mailing_model_name", "mailing_domain"),
    ("mailing.mailing", "mailing_model_real", "mailing_domain"),
    ("website.controller.page", "model_id.model", "record_domain"),
]


def clean(env):
    """Remove what names our fields and models, or empty it of them; the log says which.

    What is removed is kept as a file that only administrators can read.
    """
    cleaner = Cleaner(env)
    for step in (
        cleaner.clean_filters,
        cleaner.clean_exports,
        cleaner.clean_automation,
        cleaner.clean_actions,
        cleaner.clean_window_actions,
        cleaner.clean_embedded_actions,
        cleaner.clean_dashboards,
        cleaner.clean_audiences,
        cleaner.clean_mails,
        cleaner.clean_properties,
        cleaner.clean_aliases,
        cleaner.clean_imports,
    ):
        step()
    clean_views(env, cleaner.names, cleaner.note, cleaner.remove)
    cleaner.keep_removed()


class Cleaner:
    def __init__(self, env):
        self.env = env(su=True, context={"active_test": False, "lang": "en_US"})
        self.names = OurNames(self.env)
        self.removed = {}
        data = self.env["ir.model.data"].search([("module", "=", ADDON)])
        self.ours = {}
        for row in data:
            self.ours.setdefault(row.model, set()).add(row.res_id)

    def search(self, model, domain=()):
        """All records of a model that are not the addon's own; none where there is no model."""
        if model not in self.env:
            return ()
        return self.env[model].search([("id", "not in", list(self.ours.get(model, ()))), *domain])

    def note(self, what, records):
        """Say in the log what happened to which records."""
        if records:
            _logger.info("Uninstalling %s: %s %s %s", ADDON, what, records._name, records.ids)

    def remove(self, records):
        """Delete records of people, and keep what they were."""
        if not records:
            return
        names = [name for name, field in records._fields.items() if field.store]
        rows = records.read([name for name in names if not records._fields[name].type == "binary"])
        self.removed.setdefault(records._name, []).extend(rows)
        self.note("removed", records)
        records.unlink()

    def keep_removed(self):
        """What was removed, as a file of the administrators."""
        if self.removed:
            self.env["ir.attachment"].create(
                {
                    "name": f"{ADDON}-removed.json",
                    "raw": json.dumps(self.removed, default=str, indent=1).encode(),
                    "mimetype": "application/json",
                }
            )

    def empty(self, records, field, value):
        """Write a cleaned value."""
        records[field] = value
        self.note(f"emptied {field} of", records)

    # ------------------------------------------------------------
    # Favourites, exports, imports
    # ------------------------------------------------------------

    def clean_filters(self):
        """Favourites: one whose condition is gone would show something else, so it goes."""
        for favourite in self.search("ir.filters"):
            model = favourite.model_id
            action = favourite.action_id
            if (
                model in self.names.models
                or action.id in self.ours.get(action.sudo().type, ())
                or self.names.in_domain(model, favourite.domain)
            ):
                self.remove(favourite)
                continue
            context = self.names.without(model, favourite.context)
            if context != favourite.context:
                self.empty(favourite, "context", context)
            sort = self.names.without(model, favourite.sort)
            if sort != favourite.sort:
                self.empty(favourite, "sort", json.dumps(ast.literal_eval(sort)))

    def clean_exports(self):
        for export in self.search("ir.exports"):
            lines = export.export_fields.filtered(
                lambda line, model=export.resource: self.names.in_path(model, line.name or "")
            )
            if export.resource in self.names.models or lines and lines == export.export_fields:
                self.remove(export)
            elif lines:
                self.remove(lines)

    def clean_imports(self):
        """Which column was imported into which field."""
        for mapping in self.search("base_import.mapping"):
            model = mapping.res_model
            if model in self.names.models or self.names.in_path(model, mapping.field_name or ""):
                self.remove(mapping)

    # ------------------------------------------------------------
    # Rules, jobs, actions
    # ------------------------------------------------------------

    def clean_automation(self):
        for rule in self.search("base.automation"):
            model = rule.model_name
            fields = rule.trg_date_id | rule.trg_selection_field_id.field_id
            watched = rule.trigger_field_ids | rule.on_change_field_ids
            ours = (fields | watched).filtered(lambda field: self.is_our_field(field))
            if (
                model in self.names.models
                or ours & fields
                or watched
                and not watched - ours
                or self.names.in_domain(model, rule.filter_domain)
                or self.names.in_domain(model, rule.filter_pre_domain)
            ):
                self.remove_actions(rule.action_server_ids)
                self.remove(rule)
            elif ours:
                commands = [Command.unlink(field.id) for field in ours]
                rule.write({"trigger_field_ids": commands, "on_change_field_ids": commands})
                self.note("emptied the fields of", rule)

    def is_our_field(self, field):
        return (field.model, field.name) in self.names.fields or field.model in self.names.models

    def clean_actions(self):
        """Server actions, and the jobs, rules and menus that have none left."""
        actions = self.search("ir.actions.server")
        ours = actions.browse(self.ours.get("ir.actions.server", ()))
        ours |= self.env["ir.cron"].browse(self.ours.get("ir.cron", ())).ir_actions_server_id
        actions = (actions - ours).filtered(self.names_ours)
        rules = "base_automation_id" in actions._fields and actions.base_automation_id
        self.remove_actions(actions)
        if rules:
            self.remove(rules.exists().filtered(lambda rule: not rule.action_server_ids))
        for action in self.search("ir.actions.server"):
            fields = action.webhook_field_ids.filtered(self.is_our_field)
            if fields:
                action.webhook_field_ids -= fields
                self.note("emptied the fields of", action)

    def names_ours(self, action):
        model = action.model_name
        if model in self.names.models or action.crud_model_id.model in self.names.models:
            return True
        path = action.update_path or ""
        if action.state == "object_write" and self.names.in_path(model, path):
            return True
        if self.is_our_field(action.link_field_id):
            return True
        texts = [action.code if action.state == "code" else ""]
        if action.evaluation_type == "equation":
            texts.append(action.value)
        return any(self.names.in_code(model, text) for text in texts)

    def remove_actions(self, actions):
        if actions:
            self.remove(actions.ir_cron_ids)
            self.remove(actions.child_ids)
            self.remove(actions.exists())

    def clean_window_actions(self):
        menus = self.search("ir.ui.menu")
        for action in self.search("ir.actions.act_window"):
            model = action.res_model
            if model in self.names.models or self.names.in_domain(model, action.domain):
                used = menus.filtered(lambda menu, action=action: menu.action == action)
                self.remove(used.filtered(lambda menu: not menu.child_id))
                self.remove(action)
                continue
            context = self.names.without(model, action.context)
            if context != action.context:
                self.empty(action, "context", context)
        # people's entries below ours would keep ours from going
        ours = self.ours.get("ir.ui.menu", ())
        for menu in menus.exists().filtered(lambda menu: menu.parent_id.id in ours):
            parent = menu.parent_id
            while parent.id in ours:
                parent = parent.parent_id
            menu.parent_id = parent
            self.note("moved out of our menu", menu)

    def clean_embedded_actions(self):
        """The entries that people put on top of a screen."""
        for action in self.search("ir.embedded.actions"):
            model = action.parent_res_model
            if (action.python_method or "") in self.names.get_methods(model):
                self.remove(action)
                continue
            context = self.names.without(model, action.context)
            if context != action.context:
                self.empty(action, "context", context)

    def clean_dashboards(self):
        """What people put on their own dashboard."""
        for dashboard in self.search("ir.ui.view.custom"):
            root = etree.fromstring(dashboard.arch)
            before = etree.tostring(root)
            for node in list(root.iter("action")):
                self.clean_dashboard_part(node)
            if etree.tostring(root) != before:
                self.empty(dashboard, "arch", etree.tostring(root, encoding="unicode"))

    def clean_dashboard_part(self, node):
        number = node.get("name") or ""
        action = self.env["ir.actions.act_window"]
        action = action.browse(int(number) if number.isdigit() else 0).exists()
        model = action.res_model
        if (
            action.id in self.ours.get(action._name, ())
            or model in self.names.models
            or self.names.in_domain(model, node.get("domain"))
        ):
            node.getparent().remove(node)
        elif node.get("context"):
            node.set("context", self.names.without(model, node.get("context")))

    def clean_audiences(self):
        """Whom something is for: nobody, where it cannot be said any more. Never more people."""
        for name, model_field, field in AUDIENCES:
            for record in self.search(name):
                model = model_field.removeprefix("=")
                if model == model_field:
                    model = next(iter(record.mapped(model_field)), False)
                if model not in self.names.models and self.names.in_domain(model, record[field]):
                    self.empty(record, field, NOBODY)

    # ------------------------------------------------------------
    # Mails, properties
    # ------------------------------------------------------------

    def clean_mails(self):
        languages = [code for code, _name in self.env["res.lang"].get_installed()]
        for name in ("mail.template", "sms.template"):
            templates = self.search(name)
            for template in templates:
                model = template.model_id.model
                if model in self.names.models:
                    self.remove(template)
                    continue
                for lang in ["en_US", *languages]:
                    self.clean_template(template.with_context(lang=lang), model)

    def clean_template(self, template, model):
        for name, field in template._fields.items():
            text = template[name] if field.store and field.type in ("char", "text", "html") else ""
            if not text or not self.names.in_code(model, str(text)):
                continue
            clean = self.clean_html if field.type == "html" else self.clean_inline
            cleaned = clean(model, str(text))
            if cleaned != str(text):
                self.empty(template, name, cleaned)

    def clean_inline(self, model, text):
        """A text without its ``{{ expressions }}`` that name ours."""

        def keep(match):
            return "" if self.names.in_code(model, match.group(1)) else match.group(0)

        return re.sub(r"\{\{(.*?)\}\}", keep, text, flags=re.DOTALL)

    def clean_html(self, model, text):
        """A body without the elements whose expressions name ours."""
        root = html.fragment_fromstring(text, create_parent="div")
        for node in root.xpath(".//*"):
            expressions = [value for key, value in node.items() if key.startswith("t-")]
            if any(self.names.in_code(model, value) for value in expressions):
                node.drop_tree()
        inner = [root.text or ""] + [etree.tostring(child, encoding="unicode") for child in root]
        return self.clean_inline(model, "".join(inner))

    def clean_properties(self):
        """Definitions of properties that point to our models, or choose by our fields."""
        fields = self.env["ir.model.fields"].search(
            [("ttype", "=", "properties_definition"), ("store", "=", True)]
        )
        for field in fields:
            if field.model in self.names.models or field.model not in self.env:
                continue
            for record in self.env[field.model].search([(field.name, "!=", False)]):
                old = record[field.name]
                new = [self.clean_property(item) for item in old]
                new = [item for item in new if item]
                if new != old:
                    self.empty(record, field.name, new)

    def clean_property(self, definition):
        comodel = definition.get("comodel")
        if comodel in self.names.models:
            return None
        if comodel and self.names.in_domain(comodel, definition.get("domain")):
            return {**definition, "domain": "[]"}
        return definition

    def clean_aliases(self):
        """What leads and tasks that come by mail start with."""
        for alias in self.search("mail.alias"):
            model = alias.alias_model_id.model
            defaults = self.names.without(model, alias.alias_defaults)
            if defaults != alias.alias_defaults:
                self.empty(alias, "alias_defaults", defaults)
