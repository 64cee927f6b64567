from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools.misc import format_date, format_datetime, formatLang

from ..tools.pipeline_pages import lay_out, page_size, split_tables
from ..tools.print_layout import axis, bar, offset
from ..tools.quarters import fiscal_quarters, is_calendar_year, quarters_from

PIPELINE = "crm.lead.pipeline.report"
SUMS = ["amount:sum", "amount_weighted:sum"]
LEAD_AGGREGATES = [*SUMS, "date:min", "date:max", "date:count", "__count", "probability:max"]

# How many leads a list names; what it leaves out is in its last line
LIST_LIMIT = 30
BIGGEST_LIMIT = 10


class ReportPipelineQuarterly(models.AbstractModel):
    """The values of the printed quarterly pipeline: one part per company, in its own currency.

    Figures come from the pipeline report, with the rights of the user who prints. Titles of
    leads, names of phases and owners are those of the report's rows.
    """

    _name = "report.lead_management.report_pipeline_quarterly"
    _description = "Printed Quarterly Pipeline"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Called by Odoo when the report is printed.

        :param docids: ids of companies, or none
        :param dict data: ``company_ids`` (when there are no docids; default: those the user
            works in), ``quarters`` ahead (default 4)
        :return: values of the template; one of ``pipelines`` per company
        :raises AccessError: when the user may not read the pipeline, or works in none of the
            companies
        :raises UserError: when the number of quarters is not between 1 and 12
        """
        data = data or {}
        lang = self.env.context.get("lang") or self.env.user.lang
        self = self.with_context(lang=lang)
        self.env[PIPELINE].check_access("read")
        companies = self._get_companies(docids or data.get("company_ids"))
        quarters = self._get_quarters(data.get("quarters"))
        return {
            "doc_ids": companies.ids,
            "doc_model": "res.company",
            "docs": companies,
            "lang": lang,
            "title": self.env._("Quarterly Pipeline"),
            "pipelines": [
                self.with_context(allowed_company_ids=company.ids)._prepare_pipeline(
                    self.env.company, quarters
                )
                for company in companies
            ],
        }

    @api.model
    def _get_companies(self, company_ids):
        """The companies to print, checked: links to reports can be typed."""
        if not company_ids:
            return self.env.companies
        allowed = self.env.user._get_company_ids()
        if not isinstance(company_ids, list) or any(id_ not in allowed for id_ in company_ids):
            raise AccessError(self.env._("You do not work in all of these companies."))
        return self.env["res.company"].browse(company_ids)

    @api.model
    def _get_quarters(self, quarters):
        """The number of quarters ahead, checked."""
        quarters = 4 if quarters is None else quarters
        if not isinstance(quarters, int) or not 1 <= quarters <= 12:
            raise UserError(self.env._("Choose between 1 and 12 quarters ahead."))
        return quarters

    # ------------------------------------------------------------
    # One company
    # ------------------------------------------------------------

    @api.model
    def _prepare_pipeline(self, home, quarters):
        """The values of one company, the only one in the environment.

        :param res.company home: the company the user works in; leads without a company count
            there
        :param int quarters: how many quarters follow the current one
        """
        company = self.env.company
        today = fields.Date.context_today(self)
        starts = quarters_from(today, quarters)
        domain = self._get_domain(company == home)
        scope = self._get_scope(domain)
        columns = self._prepare_columns(starts)
        stages, totals = self._prepare_stages(domain, starts, columns)
        lists = self._prepare_lists(domain)
        total = totals["amounts"]["total"]
        paper = home.paperformat_id
        page = page_size(paper.print_page_width or 297, paper.print_page_height or 210)
        pipeline = {
            "company": company,
            "currency": company.currency_id,
            "as_of": format_date(self.env, today),
            "scope": scope,
            "stages": stages,
            "totals": totals,
            "tables": split_tables(columns, self._get_texts([*stages, totals]), page[0]),
            "chart": self._prepare_chart(columns[:-1], totals),
            "overdue": lists["overdue"],
            "undated": lists["undated"],
            "biggest": [
                {
                    **row,
                    "share": self._format_percent(row["amount"] / total * 100, 1) if total else "",
                }
                for row in lists["biggest"]
            ],
            "notes": self._prepare_notes(company, home, totals, scope),
            "money": self._format_money,
        }
        return {**pipeline, "parts": lay_out(pipeline, *page)}

    @api.model
    def _get_domain(self, is_home):
        """Open leads of the company; where the user works, also those without a company."""
        company_ids = [self.env.company.id, *([False] if is_home else [])]
        return Domain("won_status", "=", "pending") & Domain("company_id", "in", company_ids)

    @api.model
    def _prepare_columns(self, starts):
        """The columns of the quarters' table: overdue, quarters, after, undated, total."""
        company = self.env.company
        last_month, last_day = int(company.fiscalyear_last_month), company.fiscalyear_last_day
        quarters = [
            {
                "key": start,
                "label": format_date(self.env, start, date_format="QQQ yyyy"),
                "fiscal": not is_calendar_year(last_month, last_day)
                and self.env._(
                    "FY %(quarter)s", quarter=fiscal_quarters(start, last_month, last_day)
                ),
            }
            for start in starts
        ]
        return [
            {"key": "overdue", "label": self.env._("Overdue"), "fiscal": False},
            *quarters,
            {"key": "after", "label": self.env._("After"), "fiscal": False},
            {"key": "undated", "label": self.env._("Undated"), "fiscal": False},
            {"key": "total", "label": self.env._("Total"), "fiscal": False},
        ]

    @api.model
    def _prepare_stages(self, domain, starts, columns):
        """Rows of the quarters' table, in the order of the stages, and its total."""
        amounts, weighted = defaultdict(self._zeros(columns)), defaultdict(self._zeros(columns))
        for stage, timing, start, amount, amount_weighted in self.env[PIPELINE]._read_group(
            domain, ["stage_id", "timing", "date:quarter"], SUMS
        ):
            key = timing if timing != "dated" else start if start in starts else "after"
            for target, value in ((amounts, amount), (weighted, amount_weighted)):
                target[stage][key] += value
                target[stage]["total"] += value
        counts = dict(
            self.env[PIPELINE]._read_group(domain, ["stage_id"], ["lead_id:count_distinct"])
        )
        # sudo: a phase's name and default are part of the figures; `browse` reads them at once
        stages = self.env["crm.stage"].sudo().browse(stage.id for stage in counts if stage)
        rows = [
            {
                "name": stage.name or self.env._("No phase"),
                "probability": self._format_percent(stage.default_probability)
                if stage.uses_default_probability
                else "",
                "count": counts[stage],
                "amounts": self._round(amounts[stage]),
                "weighted": self._round(weighted[stage]),
            }
            for stage in [*stages.sorted(), *(stage for stage in counts if not stage)]
        ]
        totals = {
            "count": sum(row["count"] for row in rows),
            **{
                kind: self._round(
                    {
                        column["key"]: sum(row[kind][column["key"]] for row in rows)
                        for column in columns
                    }
                )
                for kind in ("amounts", "weighted")
            },
        }
        return rows, totals

    @api.model
    def _zeros(self, columns):
        return lambda: dict.fromkeys((column["key"] for column in columns), 0.0)

    @api.model
    def _round(self, amounts):
        currency = self.env.company.currency_id
        return {key: currency.round(amount) + 0.0 for key, amount in amounts.items()}

    @api.model
    def _get_texts(self, rows):
        """All amounts of the quarters' table as they are printed."""
        return [
            self._format_money(amount)
            for row in rows
            for kind in ("amounts", "weighted")
            for amount in row[kind].values()
        ]

    # ------------------------------------------------------------
    # Lists of leads
    # ------------------------------------------------------------

    @api.model
    def _prepare_lists(self, domain):
        """The overdue, the undated and the biggest leads; their titles in one query."""
        positive = [("amount:sum", ">", 0)]
        overdue, undated = (domain & Domain("timing", "=", key) for key in ("overdue", "undated"))
        groups = {
            "overdue": self._read_leads(overdue, "date:min, lead_id", LIST_LIMIT),
            "undated": self._read_leads(undated, "amount:sum DESC, lead_id", LIST_LIMIT),
            "biggest": self._read_leads(
                domain, "amount:sum DESC, lead_id", BIGGEST_LIMIT, having=positive
            ),
        }
        lead_ids = {group[0].id for rows in groups.values() for group in rows}
        # sudo: titles of the rows just read; accountants may not read leads themselves, and
        # `read` of a report's row shows its lead's title in the same way
        leads = self.env["crm.lead"].sudo().browse(lead_ids)
        leads.fetch(["name"])
        rows = {
            name: [self._prepare_lead(*group) for group in found] for name, found in groups.items()
        }
        totals = {
            timing: values
            for timing, *values in self.env[PIPELINE]._read_group(
                domain & Domain("timing", "in", ("overdue", "undated")),
                ["timing"],
                ["lead_id:count_distinct", *SUMS],
            )
        }
        return {
            "biggest": rows["biggest"],
            **{
                name: self._prepare_list(rows[name], *totals.get(name, (0, 0.0, 0.0)))
                for name in ("overdue", "undated")
            },
        }

    @api.model
    def _read_leads(self, domain, order, limit, having=()):
        """Per lead, as far as ``limit`` goes: lead, phase, owner, aggregates."""
        return self.env[PIPELINE]._read_group(
            domain,
            ["lead_id", "stage_id", "user_id"],
            LEAD_AGGREGATES,
            having=having,
            order=order,
            limit=limit,
        )

    @api.model
    def _prepare_lead(
        self, lead, stage, user, amount, weighted, first, last, dated, rows, probability
    ):
        """One line of a list.

        :param dated: how many of the lead's ``rows`` have a date
        """
        days = dict.fromkeys(format_date(self.env, day) for day in (first, last) if day)
        dates = [" – ".join(days)] if days else []
        if dated < rows:
            dates.append(self.env._("undated"))
        return {
            "lead_id": lead.id,
            # sudo: see _prepare_lists; users of other companies may not be readable
            "name": lead.sudo().name,
            "stage": stage.sudo().name or "",
            "owner": user.sudo().name or "",
            "dates": ", ".join(dates),
            "probability": self._format_percent(probability),
            "amount": self.env.company.currency_id.round(amount) + 0.0,
            "weighted": self.env.company.currency_id.round(weighted) + 0.0,
        }

    @api.model
    def _prepare_list(self, rows, count, amount, weighted):
        """A list with its totals, and what the leads come to that it does not name."""
        currency = self.env.company.currency_id
        return {
            "rows": rows,
            "count": count,
            "amount": currency.round(amount) + 0.0,
            "weighted": currency.round(weighted) + 0.0,
            "more_count": count - len(rows),
            "more_amount": currency.round(amount - sum(row["amount"] for row in rows)) + 0.0,
            "more_weighted": currency.round(weighted - sum(row["weighted"] for row in rows)) + 0.0,
        }

    # ------------------------------------------------------------
    # Chart
    # ------------------------------------------------------------

    @api.model
    def _prepare_chart(self, columns, totals):
        """Bars of the columns and marks of the axis, in percent of the chart's height."""
        values = [
            totals[kind][column["key"]] for kind in ("amounts", "weighted") for column in columns
        ]
        marks = axis(min(values), max(values))
        digits = 0 if marks[1] - marks[0] >= 1 else self.env.company.currency_id.decimal_places
        return {
            "zero": offset(0.0, marks, 100),
            "marks": [
                {
                    "top": offset(mark, marks, 100),
                    "label": formatLang(self.env, mark, digits=digits),
                }
                for mark in marks
            ],
            "groups": [
                {
                    **column,
                    "bars": [
                        dict(
                            zip(
                                ("top", "height"),
                                bar(totals[kind][column["key"]], marks, 100),
                                strict=True,
                            ),
                            kind=kind,
                        )
                        for kind in ("amounts", "weighted")
                    ],
                }
                for column in columns
            ],
        }

    # ------------------------------------------------------------
    # Words and numbers
    # ------------------------------------------------------------

    @api.model
    def _format_money(self, amount):
        """An amount in the user's number format, without the currency's symbol."""
        digits = self.env.company.currency_id.decimal_places
        return formatLang(self.env, amount, digits=digits)

    @api.model
    def _format_percent(self, value, digits=None):
        """Percent in the user's number format; without digits no more than it takes, up to 2."""
        if digits is None:
            digits = next(count for count in (0, 1, 2) if round(value, count) == round(value, 2))
        return self.env._("%(value)s %%", value=formatLang(self.env, value, digits=digits))

    @api.model
    def _get_scope(self, domain):
        """Whose leads these are, when the user may not see all."""
        report = self.env[PIPELINE]
        # sudo: only whether there are more is asked
        if report.search_count(domain) == report.sudo().search_count(domain):
            return False
        return self.env._("Leads that %(user)s may see", user=self.env.user.name)

    @api.model
    def _prepare_notes(self, company, home, totals, scope):
        """How the figures come about, as a list of sentences."""
        currency = company.currency_id.name
        notes = [
            self.env._(
                "Open leads only. All amounts in %(currency)s, without taxes.", currency=currency
            ),
            self.env._(
                "A lead's value counts at the dates of its planned payments. What no payment "
                "covers counts at the planned order date; without one, it is undated."
            ),
            self.env._(
                "Overdue: the date is past and the lead is still open. The current quarter "
                "counts from today on."
            ),
            self.env._(
                "Weighted = unweighted × probability of the lead, rounded. The percentage of a "
                "phase is its default; a lead may have its own."
            ),
        ]
        if scope:
            notes.append(
                self.env._(
                    "Only leads that %(user)s may see are included.", user=self.env.user.name
                )
            )
        if any(amount < 0 for amount in totals["amounts"].values()):
            notes.append(
                self.env._(
                    "Negative: more is planned in payments than the lead is worth. The "
                    "difference counts at the planned order date."
                )
            )
        return [*notes, *self._prepare_notes_without_company(home), self._get_imprint()]

    @api.model
    def _prepare_notes_without_company(self, home):
        """What leads without a company come to, and where they count."""
        ((count, amount),) = self.env[PIPELINE]._read_group(
            [("won_status", "=", "pending"), ("company_id", "=", False)],
            [],
            ["lead_id:count_distinct", "amount:sum"],
        )
        if not count:
            return []
        if home == self.env.company:
            return [
                self.env._(
                    "Included: %(count)s leads without a company, worth %(amount)s.",
                    count=count,
                    amount=self._format_money(amount),
                )
            ]
        return [
            self.env._(
                "Not included: %(count)s leads without a company. They count in %(company)s, "
                "where %(user)s works now.",
                count=count,
                company=home.sudo().name,  # sudo: not among the companies of the environment
                user=self.env.user.name,
            )
        ]

    @api.model
    def _get_imprint(self):
        return self.env._(
            "Printed by %(user)s on %(time)s.",
            user=self.env.user.name,
            time=format_datetime(
                self.env, fields.Datetime.now(), tz=self.env.context.get("tz") or False
            ),
        )
