"""Doing what somebody may refuse, without undoing what it belongs to.

Whatever it is that refuses (a rule, another module, a fault in one): it is logged by the ids of
the records, and the work around it goes on.
"""

import psycopg2

from odoo.tools import split_every

BATCH_SIZE = 500


def attempt(records, action, logger, message, *args, conflicts=True):
    """Do something in the current transaction, or change nothing.

    :param records: recordset, for its environment
    :param action: a function without parameters
    :param logger: gets ``message`` with ``args`` where it is refused; ids in it, no names
    :param bool conflicts: raise a conflict with another transaction, so that Odoo runs all of it
        again. Not for jobs, that come again by themselves.
    :return: whether it is done
    """
    try:
        with records.env.cr.savepoint():
            action()
            records.env.flush_all()
    except Exception as error:
        if conflicts and isinstance(error, psycopg2.OperationalError):
            raise
        logger.warning(message, *args, exc_info=True)
        return False
    return True


def attempt_each(records, action, logger, message, conflicts=True):
    """Do something with many records in batches; where one refuses, with each one by itself.

    :param action: a function of some of the records
    :param message: with one placeholder, for their ids
    """

    def try_with(some):
        return attempt(some, lambda: action(some), logger, message, some.ids, conflicts=conflicts)

    for ids in split_every(BATCH_SIZE, records.ids):
        batch = records.browse(ids)
        if not try_with(batch) and len(batch) > 1:
            for record in batch:
                try_with(record)
