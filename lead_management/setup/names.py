"""Which texts that people keep in the database name fields or models of this addon."""

import ast
import re

ADDON = "lead_management"


class OurNames:
    """The names that are gone once the addon is, and where a text names one.

    :param env: in sudo mode, while the addon is still loaded
    """

    def __init__(self, env):
        self.env = env
        self.models = set(self._find("ir.model").mapped("model"))
        fields = [(field.model, field.name) for field in self._find("ir.model.fields")]
        self.fields = {(model, name) for model, name in fields if model not in self.models}
        self.extended = sorted({model for model, _name in self.fields})
        foreign = self._count_foreign()
        # names that mean ours wherever they stand
        self.words = {name for name in {name for _, name in self.fields} if not foreign.get(name)}

    def _find(self, model):
        """The records of ``model`` that only this addon brought."""
        data = self.env["ir.model.data"]
        ours = data.search([("module", "=", ADDON), ("model", "=", model)])
        ids = set(ours.mapped("res_id"))
        others = [("module", "!=", ADDON), ("model", "=", model), ("res_id", "in", list(ids))]
        ids -= set(data.search(others).mapped("res_id"))
        return self.env[model].browse(ids).exists()

    def _count_foreign(self):
        """How many models have a field of that name which is not ours, by name."""
        names = {name for _model, name in self.fields}
        found = self.env["ir.model.fields"].search([("name", "in", list(names))])
        counts = {}
        for field in found:
            if field.model not in self.models and (field.model, field.name) not in self.fields:
                counts[field.name] = counts.get(field.name, 0) + 1
        return counts

    def in_path(self, model, path):
        """Whether a path of fields, such as ``lead_id/name`` or ``date:month``, passes ours."""
        for name in re.split(r"[./]", path.split(":")[0].strip().lstrip("-")):
            if model in self.models or (model, name) in self.fields:
                return True
            field = self.env[model]._fields.get(name) if model in self.env else None
            if field is None or not field.comodel_name:
                return False
            model = field.comodel_name
        return model in self.models

    def in_domain(self, model, text):
        """Whether a domain, as text, names ours in one of its conditions."""
        if not text or not isinstance(text, str):
            return False
        try:
            tree = ast.parse(text.strip(), mode="eval")
        except (SyntaxError, ValueError):
            return any(re.search(rf"['\"]{name}\b", text) for name in self.words)
        return self._in_conditions(model, tree.body)

    def _in_conditions(self, model, node):
        parts = list(getattr(node, "elts", ()))
        if len(parts) == 3 and all(
            isinstance(part, ast.Constant) and isinstance(part.value, str) for part in parts[:2]
        ):
            path, operator = parts[0].value, parts[1].value
            if self.in_path(model, path):
                return True
            if operator not in ("any", "not any"):
                return False
            model = self._get_comodel(model, path)
            return bool(model) and self._in_conditions(model, parts[2])
        return any(
            self._in_conditions(model, part)
            for part in ast.iter_child_nodes(node)
            if isinstance(part, ast.expr)
        )

    def _get_comodel(self, model, path):
        for name in path.split("."):
            field = self.env[model]._fields.get(name) if model in self.env else None
            model = field.comodel_name if field is not None else None
        return model

    def in_code(self, model, text):
        """Whether code or an expression of ``model`` names ours: a model, a name that nobody else
        has, or a field or method of what it runs on."""
        text = text or ""
        if set(re.findall(r"[A-Za-z_]\w*", text)) & self.words:
            return True
        if any(re.search(rf"['\"]{re.escape(name)}['\"]", text) for name in self.models):
            return True
        on = re.findall(r"\b(?:records?|object|leads?|model|self|values?)\.(\w+)", text)
        on += re.findall(r"['\"](\w+)['\"]", text)
        return any((model, name) in self.fields or name in self.get_methods(model) for name in on)

    def get_methods(self, model):
        """The names of the methods that a model has from this addon alone."""
        if model not in self.env:
            return set()
        ours, theirs = set(), set()
        for definition in type(self.env[model]).mro():
            is_ours = getattr(definition, "_module", None) == ADDON
            (ours if is_ours else theirs).update(vars(definition))
        return ours - theirs

    def without(self, model, text):
        """A context or a sort order, as text, without what names ours.

        What cannot be read, and what names nothing of ours, comes back as it is.
        """
        try:
            tree = ast.parse((text or "").strip(), mode="eval")
        except (SyntaxError, ValueError):
            return text
        stripper = Stripper(self, model)
        tree = stripper.visit(tree)
        return ast.unparse(tree) if stripper.is_changed else text


class Stripper(ast.NodeTransformer):
    """Takes our names out of dictionaries and lists."""

    def __init__(self, names, model):
        self.names, self.model, self.is_changed = names, model, False

    def is_ours(self, node):
        if isinstance(node, ast.Dict):  # an order: {'name': field, 'asc': True}
            pairs = zip(node.keys, node.values, strict=True)
            return any(_text(key) == "name" and self.is_ours(value) for key, value in pairs)
        words = (_text(node) or "").split()
        return bool(words) and self.names.in_path(self.model, words[0])

    def visit_Dict(self, node):
        kept = []
        for key, value in zip(node.keys, node.values, strict=True):
            name = _text(key) or ""
            is_value = not name.startswith(("default_", "search_default_")) and _text(value)
            if self.names.in_path(self.model, name.removeprefix("default_")) or (
                is_value and self.is_ours(value)
            ):
                self.is_changed = True
            else:
                kept.append((key, self.visit(value)))
        node.keys, node.values = [key for key, _value in kept], [value for _key, value in kept]
        return node

    def visit_List(self, node):
        kept = [item for item in node.elts if not self.is_ours(item)]
        self.is_changed |= len(kept) < len(node.elts)
        node.elts = [self.visit(item) for item in kept]
        return node

    visit_Tuple = visit_List


def _text(node):
    """The string that a node of code is, or None."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
