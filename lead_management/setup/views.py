"""Views that people made: whether they fit ours, and what becomes of them when ours go."""

import re

from lxml import etree

from odoo.exceptions import UserError, ValidationError

from .names import ADDON


def find_custom_views(env, models):
    """The views of people for these models, in the order in which they apply: those that no
    module brought."""
    views = env["ir.ui.view"].with_context(active_test=True).search([("model", "in", models)])
    data = env["ir.model.data"].search([("model", "=", "ir.ui.view"), ("res_id", "in", views.ids)])
    brought = data.filtered(lambda row: row.module not in ("studio_customization", "__export__"))
    return (views - views.browse(brought.mapped("res_id"))).sorted("priority")


def find_models(env, names):
    """The models of others whose screens ours change.

    :param OurNames names: the addon's names
    """
    data = env["ir.model.data"].search([("module", "=", ADDON), ("model", "=", "ir.ui.view")])
    ours = env["ir.ui.view"].browse(data.mapped("res_id")).exists().filtered("inherit_id")
    return sorted({*names.extended, *ours.filtered("model").mapped("model")} - names.models)


def check_custom_views(env, models):
    """Stop the installation where a view of the company's own does not fit ours.

    :raises UserError: with the names of these views, and what to do
    """
    # sudo: the hook of the installation; the views are everybody's
    failed = []
    for view in find_custom_views(env, models):
        try:
            with env.cr.savepoint():
                view._check_xml()
        except (ValidationError, ValueError) as error:
            reason = re.sub(r"\s+", " ", str(error.args[0])).split(" View error context")[0]
            failed.append(f"- {view.name} (id {view.id}, {view.model}): {reason[:300]}")
    if failed:
        raise UserError(
            env._(
                "Lead Management is not installed, nothing was changed: views of your own do not "
                "fit its screens.\n%(views)s\nArchive these views (Settings, Technical, User "
                "Interface, Views), install again, and make their changes anew in the new "
                "screens.",
                views="\n".join(failed),
            )
        )


def clean_views(env, names, note, remove):
    """Take our names out of people's views; what does not work without us is archived.

    :param OurNames names: the addon's names
    :param note: called with what happened and the views it happened to
    :param remove: called with the views to delete
    """
    env = env(su=True, context={"lang": "en_US"})
    data = env["ir.model.data"].search([("module", "=", ADDON), ("model", "=", "ir.ui.view")])
    ours = env["ir.ui.view"].browse(data.mapped("res_id")).exists()
    below = env["ir.ui.view"].search([("inherit_id", "child_of", ours.ids)]) - ours
    remove(below.sorted(lambda view: -len(_get_parents(view))))
    remove(find_custom_views(env, list(names.models)))
    views = find_custom_views(env, names.extended)
    # one after the other comes back without ours, so that each is checked beside those before it
    env.flush_all()
    env.cr.execute("UPDATE ir_ui_view SET active = FALSE WHERE id = ANY(%s)", [(ours | views).ids])
    env.invalidate_all()
    for view in views.with_context(active_test=False).sorted(lambda v: len(_get_parents(v))):
        _bring_back(view, names, note)


def _get_parents(view):
    parents = []
    while view.inherit_id:
        view = view.inherit_id
        parents.append(view)
    return parents


def _bring_back(view, names, note):
    arch = etree.fromstring(view.arch)
    before = etree.tostring(arch)
    _empty_arch(arch, view.model, names)
    changed = etree.tostring(arch) != before
    values = {"active": True}
    if changed:
        values["arch"] = etree.tostring(arch, encoding="unicode")
    try:
        with view.env.cr.savepoint():
            view.write(values)
            view._check_xml()
    except (ValidationError, ValueError, UserError):
        view.invalidate_recordset()
        note("archived", view)
        return
    if changed:
        note("emptied", view)


def _empty_arch(root, model, names):
    """Take out of an architecture what names our fields and methods."""
    for node in list(root.iter(etree.Element)):
        if node is root or root not in node.iterancestors():
            continue
        owner = _get_model(node, root, model, names)
        if _is_ours(node, owner, names):
            _drop(node)
            continue
        for key, value in list(node.attrib.items()):
            if key in ("name", "expr", "position", "string", "class", "id"):
                continue
            if _names_word(value, owner, names):
                del node.attrib[key]


def _is_ours(node, model, names):
    name = node.get("name") or ""
    if node.get("position") or node.tag == "xpath":
        return False  # what it brings is people's own: the view is archived as a whole
    if any(names.in_code(model, value) for key, value in node.items() if key.startswith("t-")):
        return True
    if node.tag == "field":
        return (model, name) in names.fields
    if node.tag == "button":
        return name in names.get_methods(model)
    if node.tag == "label":
        return (model, node.get("for")) in names.fields
    if node.tag == "filter":
        texts = (node.get("domain"), node.get("context"), node.get("date"))
        return any(_names_word(text, model, names) for text in texts if text)
    if node.tag == "attribute":
        return _names_word(node.text or "", model, names)
    return False


def _names_word(text, model, names):
    return any((model, word) in names.fields for word in re.findall(r"(?<![\w.])[a-z_]+\w*", text))


def _get_model(node, root, model, names):
    """The model whose fields stand at this place: lists and forms within a field have its own."""
    path = [
        parent.get("name")
        for parent in reversed(list(node.iterancestors("field")))
        if not parent.get("position")
    ]
    for name in path:
        field = names.env[model]._fields.get(name) if model in names.env else None
        if field is None or not field.comodel_name:
            return model
        model = field.comodel_name
    return model


def _drop(node):
    parent, tail = node.getparent(), node.tail
    if tail and tail.strip():
        previous = node.getprevious()
        if previous is not None:
            previous.tail = (previous.tail or "") + tail
        else:
            parent.text = (parent.text or "") + tail
    parent.remove(node)
