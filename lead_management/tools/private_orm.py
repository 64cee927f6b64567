"""The private doors of Odoo's ORM that this addon goes through: what to look at in a new Odoo.

Two more are overridden where they are, as methods of models: ``_write_multi`` in
``models/crm_lead_write.py``, the only place where every update of a lead passes, recomputations
too; ``_read_group_orderby`` in ``report/crm_lead_movement_report.py`` and
``report/crm_lead_history_report_mixin.py``, as groups can be sorted by nothing but a column. Read,
and nothing more: ``_modules`` of fields (who brought them), ``_prefetch_ids`` of records.
"""


def assign(record, name, amount):
    """Set a computed amount to the very figure.

    The ORM leaves one as it is when the new figure differs by less than the currency's unit.
    After a change of the currency, amounts would no longer add up to what they did before.

    :param record: the record that is computed
    :param str name: a stored monetary field of it
    :param float amount: in the currency of the record, rounded
    """
    record._fields[name]._update_cache(record, amount, dirty=True)


def cache_none(records, name):
    """Say that a one2many field of these records is empty, so that nobody asks the database.

    :param records: records of which that is known from elsewhere
    :param str name: the field
    """
    records._fields[name]._insert_cache(records, [()] * len(records))


def cache_lines(record, name, lines):
    """Say what is in a one2many field of a record, so that nobody asks the database.

    :param record: one record of which that is known from elsewhere
    :param str name: the field, which is not in the cache
    :param lines: what the user may see of it, archived lines too, in the order of the field
    """
    record._fields[name]._insert_cache(record, [lines._ids])


def is_cached(record, name):
    """Whether a field of a record is in the cache: read, or changed and not saved yet.

    :param record: one record
    :param str name: the field
    """
    return not any(record._fields[name]._cache_missing_ids(record))
