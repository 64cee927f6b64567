from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.phone import TELLING_DIGITS, is_number, national_digits, same_number_patterns

# the indexes hold exactly this
DIGITS = "regexp_replace(phone, '[^0-9]', '', 'g')"
# the end that all notations of a number share; tells numbers apart well enough to be quick
PHONE_END_INDEX = f"(right({DIGITS}, {TELLING_DIGITS})) WHERE phone IS NOT NULL"


def phone_digits_index(registry):
    """The definition of the index that finds parts of numbers; none without trigrams."""
    if registry.has_trigram:
        return f"USING gin (({DIGITS}) gin_trgm_ops) WHERE phone IS NOT NULL"
    return ""


class LeadPhoneMixin(models.AbstractModel):
    """Records whose ``phone`` is found in any notation, by an index, whatever the country."""

    _name = "lead.phone.mixin"
    _description = "Phone in Any Notation"

    phone_any = fields.Char(
        "Phone in Any Notation",
        store=False,
        search="_search_phone_any",
        groups="base.group_user",
        help="To search by: a phone number or a part of one, with or without country and area "
        "code, spaces and signs.",
    )

    @api.model
    def _search_phone_any(self, operator, value):
        """Part of a number (``ilike``), or the same one (``=``); of text that is no number,
        nothing.

        :raises AccessError: when the user may not search by the field
        """
        # what it asks is a field of core's, which others may search by
        self._check_field_access(self._fields["phone_any"], "read")
        if operator in ("ilike", "like") and isinstance(value, str):
            if not is_number(value):
                return Domain.FALSE
            return self._get_phone_domain("", [f"%{national_digits(value)}%"])
        if operator == "in":
            return Domain.OR(
                self._get_phone_domain(
                    national_digits(number)[-TELLING_DIGITS:], same_number_patterns(number)
                )
                if isinstance(number, str)
                else Domain("phone", "in", [number])
                for number in value
            )
        return NotImplemented

    @api.model
    def _get_phone_domain(self, end, patterns):
        """
        :param str end: the last digits, in full length; empty where they are not known
        :param list patterns: of ``LIKE``, for all digits; one of them is met
        """
        if not patterns:
            return Domain.FALSE

        def to_sql(model, alias, query):
            phone = model._field_to_sql(alias, "phone", query)
            digits = SQL("regexp_replace(%s, '[^0-9]', '', 'g')", phone)
            met = SQL("%s IS NOT NULL AND %s LIKE ANY(%s)", phone, digits, patterns)
            if not end:
                return SQL("(%s)", met)
            # a number of its own, not a parameter: it is part of what the index holds
            length = SQL(str(TELLING_DIGITS))
            return SQL("(right(%s, %s) = %s AND %s)", digits, length, end, met)

        return Domain.custom(to_sql=to_sql)

    def _search_phone_mobile_search(self, operator, value):
        """Core's search finds a number in the notations it is told; here in all of them."""
        if operator in ("ilike", "like") and isinstance(value, str) and is_number(value):
            return self._get_phone_domain("", [f"%{national_digits(value)}%"])
        return super()._search_phone_mobile_search(operator, value)
