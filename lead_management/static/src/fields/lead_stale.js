import { RottingStatusBarDurationField } from "@mail/js/rotting_mixin/rotting_statusbar";
import { KanbanRottingField } from "@mail/js/rotting_mixin/rotting_widget";
import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";

/**
 * @param {number} days
 * @returns {String} what the mark of a lead that lies around says
 */
function getStaleTitle(days) {
    return _t("Nothing has happened on this lead for %(numberOfDays)s days.", {
        numberOfDays: days,
    });
}

// core says that it is stuck in its stage: days of leads count from whatever happened last
patch(KanbanRottingField.prototype, {
    setup() {
        super.setup();
        if (this.props.record.resModel === "crm.lead") {
            this.title = getStaleTitle(this.props.record.data.rotting_days);
        }
    },
});

patch(RottingStatusBarDurationField.prototype, {
    setup() {
        super.setup();
        if (this.props.record.resModel === "crm.lead") {
            this.title = getStaleTitle(this.props.record.data.rotting_days);
        }
    },
});
