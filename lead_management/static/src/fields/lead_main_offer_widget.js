import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { _t } from "@web/core/l10n/translation";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * Marks the main offer in the lead's list of offers, like a radio button: one
 * click on another line makes that one the main offer.
 */
export class LeadMainOfferWidget extends Component {
    static template = "lead_management.LeadMainOfferWidget";
    static props = { ...standardWidgetProps };

    get lead() {
        return this.props.record._parentRecord;
    }

    get isMain() {
        return this.lead?.data.main_order_id?.id === this.props.record.resId;
    }

    get title() {
        return this.isMain ? _t("Main offer") : _t("Use as main offer");
    }

    async onClick() {
        const { record } = this.props;
        if (this.isMain || !this.lead) {
            return;
        }
        await this.lead.update({
            main_order_id: { id: record.resId, display_name: record.data.name },
        });
    }
}

registry.category("view_widgets").add("lead_main_offer", {
    component: LeadMainOfferWidget,
});
