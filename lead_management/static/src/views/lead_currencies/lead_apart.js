import { onWillStart, useEnv } from "@odoo/owl";
import { user } from "@web/core/user";

let loading;

/** Whether the chosen companies have several currencies: only then anything is converted. */
export function hasSeveralCurrencies() {
    const { activeCompanies, activeCompany } = user;
    return activeCompanies.some((company) => company.currency_id !== activeCompany.currency_id);
}

/**
 * Tells which currencies a sum is converted from. Core takes those without a rate 1 to 1; of
 * leads, they are not added. They are asked for once: another choice of companies is a new page.
 *
 * @param {string} resModel of the view; others than leads are core's matter
 * @returns {{ids: number[], keepRated: (currencyIds: Iterable<number>) => number[]}} `ids`: the
 *  currencies without a rate, there once the component starts
 */
export function useApartCurrencies(resModel) {
    // not by useService: all wait for one answer, also when who asked first is gone
    const { orm } = useEnv().services;
    const apart = {
        ids: [],
        keepRated: (currencyIds) => [...currencyIds].filter((id) => !apart.ids.includes(id)),
    };
    onWillStart(async () => {
        if (resModel === "crm.lead" && hasSeveralCurrencies()) {
            loading ||= orm.silent.call("crm.lead", "get_apart_currencies").catch(() => {
                loading = null;
                return [];
            });
            apart.ids = await loading;
        }
    });
    return apart;
}
