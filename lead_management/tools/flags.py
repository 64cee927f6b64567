"""Searching by flags that are computed when they are read."""

from odoo.fields import Domain


def get_wanted(operator, value):
    """What a flag may be for a search to find the record.

    :param operator: ``in`` or ``not in``, as a search method gets it
    :param value: a collection of booleans
    :return: a set of booleans
    """
    named = {bool(item) for item in value}
    return named if operator == "in" else {True, False} - named


def flag_domain(operator, value, found):
    """What a search by a flag looks for; parameters as above.

    :param found: the domain of the records that have the flag
    :return: a domain, or ``NotImplemented`` for an operator that flags have not
    """
    if operator not in ("in", "not in"):
        return NotImplemented
    wanted = get_wanted(operator, value)
    parts = ((True, Domain(found)), (False, ~Domain(found)))
    return Domain.OR(domain for has_flag, domain in parts if has_flag in wanted)
