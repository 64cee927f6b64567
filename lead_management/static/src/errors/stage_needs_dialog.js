import { RedirectWarningDialog } from "@web/core/errors/error_dialogs";
import { registry } from "@web/core/registry";
import { _t } from "@web/core/l10n/translation";

export const STAGE_NEEDS_ERROR = "odoo.addons.lead_management.exceptions.StageNeedsError";

/** Says what a lead lacks for a stage, and opens just that. */
export class StageNeedsDialog extends RedirectWarningDialog {
    setup() {
        super.setup();
        const { action, button } = this.props.data.context;
        this.title = _t("Something is missing");
        this.actionId = action;
        this.buttonText = button;
    }

    async onClick() {
        const actions = this.actionService;
        await actions.doAction(this.actionId, {
            forceLeave: true,
            onClose: (infos) =>
                infos?.stageEntered &&
                actions.doAction({ type: "ir.actions.client", tag: "soft_reload" }),
        });
        this.props.close();
    }
}

registry.category("error_dialogs").add(STAGE_NEEDS_ERROR, StageNeedsDialog);
