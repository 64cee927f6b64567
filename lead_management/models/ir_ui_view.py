from lxml import etree

from odoo import models
from odoo.tools.template_inheritance import locate_node

# marks a change of ours to an element that a company may have taken out of core's screens
IF_THERE = "lead_if_there"
NOWHERE = "lead_management_nowhere"


class IrUiView(models.Model):
    _inherit = "ir.ui.view"

    def apply_inheritance_specs(self, source, specs_tree, pre_locate=None):
        """Leave out those changes whose element is not there, where ours are marked so.

        A company's own view may remove a field that our views move, hide or stand beside. In
        stock that works, so it does with us.
        """
        if isinstance(specs_tree, list) or not specs_tree.xpath(f"//*[@{IF_THERE}]"):
            return super().apply_inheritance_specs(source, specs_tree, pre_locate=pre_locate)

        def skip_missing(spec):
            if pre_locate:
                pre_locate(spec)
            if spec.attrib.pop(IF_THERE, None) and locate_node(source, spec) is None:
                _do_nothing(source, spec)

        return super().apply_inheritance_specs(source, specs_tree, pre_locate=skip_missing)


def _do_nothing(source, spec):
    """Turn a change to what is not there into one that changes nothing to be seen."""
    if spec.get("position") == "move":
        count = len(source.xpath(f"//div[starts-with(@name, '{NOWHERE}')]"))
        etree.SubElement(source, "div", name=f"{NOWHERE}_{count}", invisible="1")
        spec.set("expr", f"//div[@name='{NOWHERE}_{count}']")
    else:
        for child in list(spec):
            spec.remove(child)
        spec.set("expr", "/*")
        spec.set("position", "attributes")
