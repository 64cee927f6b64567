"""Values of a save, as plain data."""


def imply(values, implied):
    """``values`` with what they imply; the very same where they hold it already.

    :param dict values: what is saved
    :param dict implied: what goes along with it
    """
    if all(name in values and values[name] == value for name, value in implied.items()):
        return values
    return {**values, **implied}
