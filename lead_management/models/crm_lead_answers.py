"""Answers to a category's questions that core would delete: in a merge, or by another category."""

from markupsafe import Markup

from odoo import api, models

from ..tools.sent import sent_id


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _merge_get_fields_specific(self):
        return {
            **super()._merge_get_fields_specific(),
            "category_properties": lambda _name, leads: leads._get_merged_answers(),
        }

    def _merge_dependences(self, opportunities):
        """Core's hook: a note names the answers that are not kept."""
        res = super()._merge_dependences(opportunities)
        dropped = (self | opportunities)._get_dropped_answers()
        if dropped:
            self._message_log(body=self._get_dropped_note(dropped))
        return res

    @api.model
    def _get_dropped_note(self, dropped):
        """What a lead says about answers that it does not have any more.

        :param list dropped: texts
        """
        rows = Markup().join(Markup("<li>%s</li>") % text for text in dropped)
        title = self.env._("Answers that were not kept:")
        return Markup("<p>%s</p><ul>%s</ul>") % (title, rows)

    def _find_leaving_answers(self, vals):
        """Asked before a save: what these leads have answered of which another category asks
        nothing. Somebody may have chosen it by mistake.

        :param dict vals: as ``write`` takes them
        :return: dict of lead to list of texts
        """
        if "category_id" not in vals:
            return {}
        category_id = sent_id(vals["category_id"]) or False
        leads = self.filtered(
            lambda lead: lead.category_id.id not in (False, category_id) and lead.has_questions
        )
        return {
            lead: [
                f"{lead.category_id.name}: {question.get('string') or name}: "
                f"{self._describe_answer(question)}"
                for name, question in questions.items()
            ]
            for lead, questions in leads._read_answers().items()
            if questions
        }

    def _note_left_answers(self, left):
        """Effect of a save: a note on each lead that ``_find_leaving_answers`` has found."""
        if left:
            bodies = {lead.id: self._get_dropped_note(texts) for lead, texts in left.items()}
            self.browse(bodies)._message_log_batch(bodies=bodies)

    def _read_answers(self):
        """The answers of each of these leads: dict of lead to dict of name to a question with its
        value, as Odoo's views read it."""
        return {
            lead: {
                question["name"]: question
                for question in values["category_properties"] or []
                if question.get("value") and question["type"] != "separator"
            }
            for lead, values in zip(self, self.read(["category_properties"]), strict=True)
        }

    def _get_merged_answers(self):
        """The answers of these leads, in core's order, that are in the category it chooses: the
        first one to each question. As ``write`` takes them."""
        answers = {}
        for lead, questions in self._read_answers().items():
            if lead.category_id == self.category_id[:1]:
                answers = {**questions, **answers}
        return {name: _as_written(question) for name, question in answers.items()}

    def _get_dropped_answers(self):
        """In words, the answers of these leads that a merge does not keep."""
        kept = self._get_merged_answers()
        return [
            f"{lead.name}: {question.get('string') or name}: {self._describe_answer(question)}"
            for lead, questions in self._read_answers().items()
            for name, question in questions.items()
            if lead.category_id != self.category_id[:1] or _as_written(question) != kept[name]
        ]

    def _describe_answer(self, question):
        """An answer as people read it."""
        value, kind = question["value"], question["type"]
        if kind == "boolean":
            return self.env._("Yes")
        if kind == "many2one":
            return value[1]
        if kind == "many2many":
            return ", ".join(name for _id, name in value)
        if kind in ("selection", "tags"):
            labels = {option[0]: option[1] for option in question.get(kind) or []}
            chosen = value if kind == "tags" else [value]
            return ", ".join(labels.get(key, key) for key in chosen)
        return value


def _as_written(question):
    """The value of a question as ``write`` takes it."""
    value = question["value"]
    if question["type"] == "many2one":
        return value[0]
    if question["type"] == "many2many":
        return [record_id for record_id, _name in value]
    return value
