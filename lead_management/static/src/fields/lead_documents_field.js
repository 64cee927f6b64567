import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import {
    many2ManyBinaryField,
    Many2ManyBinaryField,
} from "@web/views/fields/many2many_binary/many2many_binary_field";

/**
 * The files of a record, as a one2many of attachments. Core's widget is meant for
 * many2many fields: there, removing a file only unlinks it. Here it is deleted.
 */
export class LeadDocumentsField extends Many2ManyBinaryField {
    /**
     * @override
     */
    get uploadText() {
        return _t("Add Documents");
    }

    /**
     * @override
     */
    async onFileRemove(deleteId) {
        const list = this.props.record.data[this.props.name];
        await list.delete(list.records.find((record) => record.resId === deleteId));
    }
}

registry.category("fields").add("lead_documents", {
    ...many2ManyBinaryField,
    component: LeadDocumentsField,
    supportedTypes: ["one2many"],
});
