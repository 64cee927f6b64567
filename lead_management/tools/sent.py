"""Which records the values of a client refer to."""


def sent_ids(value):
    """The ids that a value of a many2one field refers to, and the values nested in it.

    :param value: an id, a pair (id, name), a dict of values with or without an ``id``, a
        recordset, or nothing: whatever the ORM takes
    :return: two lists
    """
    if isinstance(value, dict):
        return _clean([value.get("id")]), [value]
    if isinstance(value, (list, tuple)):
        return _clean(value[:1]), []
    return _clean(getattr(value, "ids", [value])), []


def sent_id(value):
    """The id that a value of a many2one field refers to; False for none."""
    ids, _nested = sent_ids(value)
    return ids[0] if ids else False


def sent_ids_of_many(value):
    """The ids that a value of an x2many field refers to, and the values nested in it.

    :param value: a list of commands, ids, dicts of values; a recordset, or nothing
    :return: two lists
    """
    ids, nested = [], []
    for item in value if isinstance(value, (list, tuple)) else getattr(value, "ids", []):
        if not isinstance(item, (list, tuple)):
            one, values = sent_ids(item)
            ids += one
            nested += values
            continue
        _code, record_id, values = (*item, None, None, None)[:3]
        ids += _clean([record_id])
        if isinstance(values, dict):
            nested.append(values)
        elif isinstance(values, (list, tuple)):
            ids += _clean(values)
    return ids, nested


def _clean(ids):
    """Only what can be the id of a record: a new line has a name for one. The cache takes True
    for 1."""
    return [int(id_) for id_ in ids if isinstance(id_, int) and id_]
