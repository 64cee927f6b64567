import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { Store } from "@mail/core/common/store_service";
import "@mail/core/web/store_service_patch";

patch(Store.prototype, {
    /**
     * Core's dialog, under our name for it.
     *
     * @override
     */
    async scheduleActivity(resModel, resIds, defaultActivityTypeId) {
        if (resModel !== "crm.lead") {
            return super.scheduleActivity(...arguments);
        }
        const context = { active_model: resModel, active_ids: resIds, active_id: resIds[0] };
        if (defaultActivityTypeId !== undefined) {
            context.default_activity_type_id = defaultActivityTypeId;
        }
        const action = {
            type: "ir.actions.act_window",
            name: _t("Plan a Follow-up"),
            res_model: "mail.activity.schedule",
            views: [[false, "form"]],
            target: "new",
            context: { ...context, dialog_size: "large" },
        };
        await new Promise((resolve) =>
            this.env.services.action.doAction(action, { onClose: resolve })
        );
    },
});
