from odoo.exceptions import UserError


class StageNeedsError(UserError):
    """A lead may not enter a stage yet. The browser offers to fill in what is missing.

    :param str message: names the leads and what they lack
    :param dict action: opens the missing fields
    :param str button: the name of the button that runs the action
    """

    def __init__(self, message, action, button):
        super().__init__(message)
        # sent to the browser with the message
        self.context = {"action": action, "button": button}
