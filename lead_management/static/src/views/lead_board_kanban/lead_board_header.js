import { useState } from "@odoo/owl";
import { formatMonetary } from "@web/views/fields/formatters";
import { formatFloat } from "@web/core/utils/numbers";
import { user } from "@web/core/user";
import { _t } from "@web/core/l10n/translation";
import { CrmKanbanRenderer } from "@crm/views/crm_kanban/crm_kanban_renderer";

/**
 * Column header of the lead board: adds the stage's default probability and the
 * number of leads to the title, and the weighted value under the progress bar.
 */
export class LeadBoardHeader extends CrmKanbanRenderer.components.KanbanHeader {
    static template = "lead_management.LeadBoardHeader";

    setup() {
        super.setup();
        this.stageProbabilities = useState(this.env.leadStageProbabilities);
    }

    /**
     * Default probability of the column's stage, formatted, or an empty string
     * where the board is not grouped by stage or the stage has no default.
     */
    get stageProbability() {
        if (this.group.groupByField.name !== "stage_id") {
            return "";
        }
        const probability = this.stageProbabilities[this.group.value];
        if (probability === undefined) {
            return "";
        }
        const value = formatFloat(probability, { digits: [16, 2], trailingZeros: false });
        return _t("%(probability)s %", { probability: value });
    }

    /** Number of leads in the column, or in the chosen part of its progress bar. */
    get leadCount() {
        return this.props.progressBarState?.getGroupCount(this.group) ?? this.group.count;
    }

    /** Sum of the weighted field, formatted, or an empty string when there is none. */
    get weightedValue() {
        const { progressBarState } = this.props;
        const weightedField = progressBarState?.progressAttributes.weighted_sum_field;
        if (!weightedField) {
            return "";
        }
        const { value, currencies } =
            this.getColumnSum(weightedField) ||
            progressBarState.getAggregateValue(this.group, weightedField);
        // amounts in several currencies come converted, as the value's; what no rate converts
        // is not among them
        const isMixed = currencies && currencies.length > 1;
        const currencyId = isMixed ? user.activeCompany.currency_id : currencies?.[0];
        return value ? formatMonetary(value, { currencyId, digits: [16, 0] }) : "";
    }
}
