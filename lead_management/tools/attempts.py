"""Doing what somebody may refuse, without undoing what it belongs to.

Whatever it is that refuses (a rule, another module, a fault in one): it is logged by the ids of
the records, and the work around it goes on.
"""

import traceback

import psycopg2

from odoo.exceptions import UserError
from odoo.tools import split_every

BATCH_SIZE = 500


def get_cause(error):
    """What an exception is and where it comes from, without its words: they name people, titles
    and projects, which have no place in a log. For faults in code, all places on the way.

    :rtype: str
    """
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, UserError):
        frames = frames[-1:]
    places = "".join(f"\n  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames)
    constraint = getattr(getattr(error, "diag", None), "constraint_name", None)
    return " ".join(filter(None, [type(error).__name__, constraint, "at", places.strip()]))


def attempt(records, action, logger, message, *args, conflicts=True):
    """Do something in the current transaction, or change nothing.

    :param records: recordset, for its environment
    :param action: a function without parameters
    :param logger: gets ``message`` with ``args`` and the cause where it is refused; ids, no names
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
        logger.warning(f"{message}: %s", *args, get_cause(error))
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
