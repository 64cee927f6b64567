import { registry } from "@web/core/registry";
import { patch } from "@web/core/utils/patch";
import "@crm/views/crm_form/crm_form";
import { STAGE_NEEDS_ERROR } from "../../errors/stage_needs_dialog";

const { Record } = registry.category("views").get("crm_form").Model;

/**
 * A stage that was refused does not stay in the form with what follows from it, where it would be
 * saved with whatever comes next. What was typed before stays.
 */
patch(Record.prototype, {
    async _update(changes) {
        if ("stage_id" in changes && this.resId && !this._savePoint) {
            this._addSavePoint();
            this.isBeforeStage = true;
        }
        return super._update(...arguments);
    },

    async _save() {
        try {
            return await super._save(...arguments);
        } catch (error) {
            if (this.isBeforeStage && error.exceptionName === STAGE_NEEDS_ERROR) {
                this._discard();
            } else if (this.isBeforeStage) {
                this._savePoint = undefined;
            }
            throw error;
        } finally {
            this.isBeforeStage = false;
        }
    },
});
