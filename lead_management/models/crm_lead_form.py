"""What the form of a lead reads: its lists, most of which are empty."""

from dataclasses import dataclass

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.private_orm import cache_lines, is_cached

# the lists of the form that a lead has nothing in, as a rule
OFTEN_EMPTY = (
    "activity_ids",
    "attachment_ids",
    "document_ids",
    "done_activity_ids",
    "order_ids",
    "payment_ids",
    "timesheet_ids",
)
LISTS = (*OFTEN_EMPTY, "history_ids")
# what computed fields of the form read besides the form's own fields: a query for each that is
# missing here
READ_BY_FORM = ("create_date",)


@dataclass(frozen=True)
class EmptyLists:
    """In the context while a lead is read: which of its lists nobody has anything in.

    An object, as a client cannot send one.
    """

    lead_id: int
    names: frozenset


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def web_read(self, specification):
        """Core's. Of one lead with its lists, as a form reads it, one query says which lists are
        empty, and one each reads the others: core asks for each list, for its order and for its
        columns."""
        # what was just saved is in the cache, in the order in which it was saved
        lists = [
            name
            for name in LISTS
            if "fields" in specification.get(name, ()) and not is_cached(self, name)
        ]
        if len(self) != 1 or len(lists) < 3:
            return super().web_read(specification)
        self.fetch([*(name for name in specification if name not in lists), *READ_BY_FORM])
        empty = self._find_empty_lists([name for name in lists if name in OFTEN_EMPTY])
        lead = self.with_context(lead_empty_lists=empty)
        specification = dict(specification)
        for name in lists:
            if name in empty.names:
                cache_lines(lead, name, lead._get_list(name)[0])
                specification[name] = {}
            else:
                specification[name] = lead._fetch_list(name, specification[name])
        return super(CrmLead, lead).web_read(specification)

    def _find_empty_lists(self, names):
        """Which of these lists of one lead have nothing in them, whoever asks.

        :param list names: of one2many fields
        :rtype: EmptyLists
        """
        there = []
        for name in names:
            lines, domain = self._get_list(name)
            # sudo: whether there is anything; what there is, is searched with the user's rights
            query = lines.sudo()._search(domain)
            there.append(SQL("EXISTS (%s)", query.select(SQL("1"))))
        (found,) = self.env.execute_query(SQL("SELECT %s", SQL(", ").join(there)))
        empty = (name for name, any_there in zip(names, found, strict=True) if not any_there)
        return EmptyLists(self.id, frozenset(empty))

    def _fetch_list(self, name, specification):
        """Read a list with its columns, as the user may see it.

        :param dict specification: of the list, as of ``web_read``
        :return: the same without the order, which the list is in then
        """
        lines, domain = self._get_list(name)
        columns = [self._fields[name].inverse_name, *specification["fields"]]
        if lines._active_name:
            columns.append(lines._active_name)
        lines = lines.search_fetch(domain, columns, order=specification.get("order"))
        cache_lines(self, name, lines)
        return {key: value for key, value in specification.items() if key != "order"}

    def _get_list(self, name):
        """The model and the domain of a list of one lead, as the field has them."""
        field = self._fields[name]
        context = {"active_test": False, **field.context}
        lines = self.env[field.comodel_name].with_context(**context)
        return lines, field.get_comodel_domain(self) & Domain(field.inverse_name, "=", self.id)

    def _without_empty_list(self, name):
        """These leads but for the one whose form is read, where this list was found to be empty."""
        empty = self.env.context.get("lead_empty_lists")
        if not isinstance(empty, EmptyLists) or name not in empty.names:
            return self
        return self.filtered(lambda lead: lead._origin.id != empty.lead_id)
