"""Opening the form of one lead: what the web client reads, and what its chatter asks then."""

from lxml import etree

from odoo.addons.mail.tools.discuss import Store

CHATTER = [
    "activities",
    "attachments",
    "contact_fields",
    "followers",
    "scheduledMessages",
    "suggestedRecipients",
]
# of the widgets of these forms that show more than a name
RELATED = {
    "many2many_tags": {"display_name": {}, "color": {}},
    "many2many_binary": {"name": {}, "mimetype": {}},
    "lead_documents": {"name": {}, "mimetype": {}},
}
# what widgets read besides their field
NEEDED = {"rotting_statusbar_duration": ["duration_tracking"]}
NEVER_SHOWN = {"1", "True"}
LINES = 40


def open_form(env):
    """A function that asks for what the web client does when somebody opens a lead.

    The lead is open and has a follow-up. Each request begins with an empty cache.
    """
    views = env["crm.lead"].get_views([(env.ref("crm.crm_lead_view_form").id, "form")])
    arch = etree.fromstring(views["views"]["form"]["arch"])
    specification = get_specification(env["crm.lead"], arch) | {"display_name": {}}
    lead = env["crm.lead"].search(
        [("won_status", "=", "pending"), ("activity_ids", "!=", False)], order="id", limit=1
    )
    requests = (read_record, read_stages, read_messages, read_chatter)

    def call():
        before = env.cr.sql_log_count
        for request in requests:
            env.invalidate_all()
            request(lead, specification)
        return env.cr.sql_log_count - before

    return call


def read_record(lead, specification):
    """The form itself."""
    return lead.with_context(bin_size=True).web_read(specification)


def read_stages(lead, _specification):
    """The status bar."""
    domain = ["|", ("id", "=", lead.stage_id.id), ("team_ids", "in", [*lead.team_id.ids, False])]
    return lead.env["crm.stage"].search_read(domain, ["display_name", "fold"])


def read_messages(lead, _specification):
    """The messages of the chatter."""
    found = lead.env["mail.message"]._message_fetch(domain=None, thread=lead, limit=30)
    return Store().add(found["messages"]).get_result()


def read_chatter(lead, _specification):
    """What else is in the chatter."""
    return Store().add(lead, request_list=CHATTER, as_thread=True).get_result()


def get_specification(model, arch):
    """What the web client reads for a view, by its ``getFieldsSpec``.

    :param arch: the view's node; views within its fields are other models'
    """
    depth = len(list(arch.iterancestors("field")))
    specification = {}
    for node in arch.xpath(".//field[count(ancestor::field) = $depth]", depth=depth):
        if node.get("name") in model._fields:
            hidden = {node.get("invisible"), node.get("column_invisible")} & NEVER_SHOWN
            read = read_field(model, node, not hidden)
            shown = specification.setdefault(node.get("name"), read)
            shown |= read if read.get("fields") else {}
            specification |= {name: {} for name in NEEDED.get(node.get("widget"), ())}
    return specification


def read_field(model, node, is_shown):
    """How one field is read."""
    field = model._fields[node.get("name")]
    if field.type == "many2one":
        return {"fields": {"display_name": {}}} if is_shown else {"fields": {}}
    if field.type not in ("one2many", "many2many") or not is_shown:
        return {}
    if node.get("widget") in RELATED:
        return {"fields": RELATED[node.get("widget")]}
    lines = node.find("list")
    if lines is None:
        return {}
    read = {"fields": get_specification(model.env[field.comodel_name], lines), "limit": LINES}
    if order := lines.get("default_order"):
        read["order"] = order
    return read
