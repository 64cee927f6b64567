"""How a lead's value is spread over its planned payments, to the cent."""

from odoo.tools import float_is_zero, float_round


def allocate(total, percentages, rounding):
    """The amounts that these shares of ``total`` come to.

    Each amount is the difference of two rounded running totals. So no amount is off by as
    much as one unit of ``rounding``, and shares of 100 % together give ``total`` exactly.

    :param float total: in any currency, negative ones included
    :param percentages: iterable of floats, 0–100 each
    :param float rounding: the currency's smallest unit
    :rtype: list of float
    """
    amounts, share, before = [], 0.0, 0.0
    for percentage in percentages:
        share += percentage
        running = float_round(total * share / 100.0, precision_rounding=rounding)
        amounts.append(float_round(running - before, precision_rounding=rounding))
        before = running
    return amounts


def weigh(amounts, probability, total, weighted_total, rounding):
    """The weighted amounts of payments: amount × probability / 100, rounded each.

    When the payments cover the whole value, the cents that rounding leaves over go to the
    last of them, so that they add up to the weighted value. When they do not, they go to the
    uncovered rest, which is ``weighted_total`` less the sum of what this returns.

    :param amounts: list of floats, in the order of the payments
    :param float probability: in percent, 0–100
    :param float total: the lead's value
    :param float weighted_total: the lead's weighted value
    :param float rounding: the currency's smallest unit
    :rtype: list of float
    """
    weighted = [
        float_round(amount * probability / 100.0, precision_rounding=rounding) for amount in amounts
    ]
    if weighted and float_is_zero(total - sum(amounts), precision_rounding=rounding):
        rest = weighted_total - sum(weighted)
        weighted[-1] = float_round(weighted[-1] + rest, precision_rounding=rounding)
    return weighted
