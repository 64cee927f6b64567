import base64
from collections import Counter, defaultdict

from reportlab.graphics import renderSVG
from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools.misc import format_date, format_datetime, formatLang

from ..tools.quarters import fiscal_quarters, is_calendar_year, quarters_from

PIPELINE = "crm.lead.pipeline.report"
KINDS = {"amounts": "#a9bdd4", "weighted": "#1f3a5f"}  # colours as in the stylesheet
SUMS = ["amount:sum", "amount_weighted:sum"]
ON_HOLD = "on_hold"  # the line of leads that are put off, of all phases

# How many leads a list names; what it leaves out is in its last line
LIST_LIMIT = 30
BIGGEST_LIMIT = 10
# How many characters of a title, a phase or a name are printed
TEXT_LIMIT = 1000

# Per mm of the paper's width, how many characters fit into the quarters' columns
CHARACTERS_PER_MM = 0.44


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
            works in), ``quarters`` ahead (default 4), ``basis`` (``payment``, the default, or
            ``order``: what amounts are dated by)
        :return: values of the template; one of ``pipelines`` per company
        :raises AccessError: when the user may not read the pipeline, or works in none of the
            companies
        :raises UserError: when the number of quarters is not between 1 and 12
        """
        data = data or {}
        lang = self.env.context.get("lang") or self.env.user.lang
        self = self.with_context(lang=lang)
        self.env[PIPELINE].check_access("read")
        # checked: links to reports can be typed
        company_ids = docids or data.get("company_ids") or self.env.companies.ids
        allowed = self.env.user._get_company_ids()
        if not isinstance(company_ids, list) or any(id_ not in allowed for id_ in company_ids):
            raise AccessError(self.env._("You do not work in all of these companies."))
        company_ids = list(dict.fromkeys(map(int, company_ids)))  # each once
        quarters = data.get("quarters", 4)
        if not isinstance(quarters, int) or not 1 <= quarters <= 12:
            raise UserError(self.env._("Choose between 1 and 12 quarters ahead."))
        self = self.with_context(lead_basis=data.get("basis"))
        return {
            "doc_ids": company_ids,
            "doc_model": "res.company",
            "docs": self.env["res.company"].browse(company_ids),
            "lang": lang,
            "title": self.env._("Quarterly Pipeline"),
            "pipelines": [
                self.with_context(allowed_company_ids=[company_id])._prepare_pipeline(
                    self.env.company, quarters
                )
                for company_id in company_ids
            ],
        }

    @api.model
    def _prepare_pipeline(self, home, quarters):
        """The values of one company, the only one in the environment.

        :param res.company home: the company the user works in; leads without a company count
            there
        :param int quarters: how many quarters follow the current one
        """
        company = self.env.company
        today = company._get_lead_today()
        company_ids = [company.id, *([False] if company == home else [])]
        domain = Domain("won_status", "=", "pending") & Domain("company_id", "in", company_ids)
        columns = self._prepare_columns(quarters_from(today, quarters))
        stages, totals = self._prepare_stages(domain, columns)
        report = self.env[PIPELINE]
        # sudo: only whether there are more is asked
        is_all = report.search_count(domain) == report.sudo().search_count(domain)
        scope = not is_all and self.env._("Leads that %(user)s may see", user=self.env.user.name)
        return {
            "company": company,
            "currency": company.currency_id,
            "as_of": format_date(self.env, today),
            "basis": self.env[PIPELINE]._get_basis_note(),
            "tz": company._get_lead_tz(),
            "scope": scope,
            "stages": stages,
            "totals": totals,
            "tables": self._split_columns(columns, [*stages, totals], home.paperformat_id),
            "chart": self._draw_chart(columns[:-1], totals),
            **self._prepare_lists(domain, totals),
            "notes": self._prepare_notes(home, totals, scope),
            "money": self._format_money,
        }

    # ------------------------------------------------------------
    # Quarters
    # ------------------------------------------------------------

    @api.model
    def _prepare_columns(self, starts):
        """The columns of the quarters' table: overdue, quarters, after, undated, total."""
        company = self.env.company
        year_end = int(company.fiscalyear_last_month), company.fiscalyear_last_day

        def fiscal(start):
            return not is_calendar_year(*year_end) and self.env._(
                "FY %(quarter)s", quarter=fiscal_quarters(start, *year_end)
            )

        labels = {
            "overdue": self.env._("Overdue"),
            **{start: format_date(self.env, start, date_format="QQQ yyyy") for start in starts},
            "after": self.env._("After"),
            "undated": self.env._("Undated"),
            "total": self.env._("Total"),
        }
        return [
            {"key": key, "label": label, "fiscal": key in starts and fiscal(key)}
            for key, label in labels.items()
        ]

    @api.model
    def _count_leads(self, domain):
        """How many leads there are in each stage, and on hold (``Counter``)."""
        counts = Counter()
        for stage, on_hold, count in self.env[PIPELINE]._read_group(
            domain, ["stage_id", "is_on_hold"], ["lead_id:count_distinct"]
        ):
            counts[ON_HOLD if on_hold else stage] += count
        return counts

    @api.model
    def _prepare_stages(self, domain, columns):
        """Rows of the quarters' table, in the order of the stages, and its total."""

        def zeros():
            return {
                kind: dict.fromkeys((column["key"] for column in columns), 0.0) for kind in KINDS
            }

        sums, totals = defaultdict(zeros), zeros()
        for stage, on_hold, timing, start, *values in self.env[PIPELINE]._read_group(
            domain, ["stage_id", "is_on_hold", "timing", "date:quarter"], SUMS
        ):
            # what is on hold has a line of its own
            line = ON_HOLD if on_hold else stage
            key = timing if timing != "dated" else start if start in totals["amounts"] else "after"
            for kind, value in zip(KINDS, values, strict=True):
                for target in (sums[line][kind], totals[kind]):
                    target[key] += value
                    target["total"] += value
        counts = self._count_leads(domain)
        held = counts.pop(ON_HOLD, 0)
        # sudo: a phase's name and default are part of the figures; `browse` reads them at once
        stages = self.env["crm.stage"].sudo().browse(stage.id for stage in counts if stage)
        rows = [
            {
                "name": _cut(stage.name) or self.env._("No phase"),
                "probability": stage.uses_default_probability
                and self._format_percent(stage.default_probability),
                "count": counts[stage],
                **self._round(sums[stage]),
            }
            for stage in [*stages.sorted(), *(stage for stage in counts if not stage)]
        ]
        if held:
            row = {"name": self.env._("On hold"), "probability": False, "count": held}
            rows.append({**row, **self._round(sums[ON_HOLD])})
        return rows, {"count": sum(counts.values()) + held, **self._round(totals)}

    @api.model
    def _round(self, sums):
        round_amount = self.env.company.currency_id.round
        return {
            kind: {key: round_amount(amount) + 0.0 for key, amount in amounts.items()}
            for kind, amounts in sums.items()
        }

    @api.model
    def _split_columns(self, columns, rows, paper):
        """The columns, over as many tables as it takes for the longest amount to fit."""
        longest = max(
            len(self._format_money(amount))
            for row in rows
            for kind in KINDS
            for amount in row[kind].values()
        )
        width = max(paper.print_page_width or 297, paper.print_page_height or 210)
        fitting = min(max(int(width * CHARACTERS_PER_MM / (longest + 1.3)), 1), 11)
        tables = -(-len(columns) // fitting)
        size = -(-len(columns) // tables)
        return [columns[start : start + size] for start in range(0, len(columns), size)]

    @api.model
    def _draw_chart(self, columns, totals):
        """Unweighted and weighted by column, as an image."""
        names_height = 58 if any(column["fiscal"] for column in columns) else 20
        chart = VerticalBarChart()
        chart.x, chart.y, chart.width, chart.height = 100, names_height, 1170, 170
        chart.data = [[totals[kind][column["key"]] for column in columns] for kind in KINDS]
        chart.groupSpacing = 8
        chart.strokeColor = None
        for number, color in enumerate(KINDS.values()):
            chart.bars[number].fillColor = HexColor(color)
            chart.bars[number].strokeColor = None
        digits = 0 if totals["amounts"]["total"] >= 10 else 2
        values, names = chart.valueAxis, chart.categoryAxis
        values.forceZero = values.visibleGrid = True
        values.rangeRound = "both"
        values.visibleAxis = values.visibleTicks = names.visibleTicks = False
        values.gridStrokeColor = HexColor("#dde2e8")
        values.labelTextFormat = lambda value: formatLang(self.env, value, digits=digits)
        names.categoryNames = [
            "\n".join(filter(None, (column["label"], column["fiscal"]))) for column in columns
        ]
        names.labelAxisMode = "low"
        names.labels.boxAnchor, names.labels.textAnchor = "n", "middle"
        names.labels.maxWidth = 1170 / len(columns) - 8
        for labels in (values.labels, names.labels):
            labels.fontName, labels.fontSize = "Helvetica", 11
        drawing = Drawing(1280, names_height + 180)
        drawing.add(chart)
        return base64.b64encode(renderSVG.drawToString(drawing).encode())

    # ------------------------------------------------------------
    # Lists of leads
    # ------------------------------------------------------------

    @api.model
    def _prepare_lists(self, domain, totals):
        """The biggest, the overdue and the undated leads; their titles in one query."""
        groups = self._read_lists(domain)
        # sudo: titles of the rows just read; accountants may not read leads themselves, and
        # `read` of a report's row shows its lead's title in the same way
        leads = self.env["crm.lead"].sudo()
        leads.browse({group[0].id for found in groups.values() for group in found}).fetch(["name"])
        lists = {
            name: {"rows": [self._prepare_lead(*group) for group in found]}
            for name, found in groups.items()
        }
        total = totals["amounts"]["total"]
        for row in lists["biggest"]["rows"]:
            row["share"] = total and self._format_percent(row["amounts"] / total * 100, 1)
        counts = dict(
            self.env[PIPELINE]._read_group(domain, ["timing"], ["lead_id:count_distinct"])
        )
        for name in ("overdue", "undated"):
            rows, count = lists[name]["rows"], counts.get(name, 0)
            lists[name].update(count=count, more_count=count - len(rows))
            for kind in KINDS:
                total = totals[kind][name]
                more = total - sum(row[kind] for row in rows)
                lists[name][kind] = total
                lists[name][f"more_{kind}"] = self.env.company.currency_id.round(more) + 0.0
        return lists

    @api.model
    def _read_lists(self, domain):
        """The groups of each list's leads, as ``_prepare_lead`` takes them."""
        report = self.env[PIPELINE]
        by_amount = "amount:sum DESC, lead_id"
        wanted = {
            "biggest": (domain, [("amount:sum", ">", 0)], by_amount, BIGGEST_LIMIT),
            "overdue": (
                domain & Domain("timing", "=", "overdue"),
                [],
                "date:min, lead_id",
                LIST_LIMIT,
            ),
            "undated": (domain & Domain("timing", "=", "undated"), [], by_amount, LIST_LIMIT),
        }
        return {
            name: report._read_group(
                leads,
                ["lead_id", "stage_id", "user_id"],
                [*SUMS, "date:min", "date:max", "date:count", "__count", "probability:max"],
                having=having,
                order=order,
                limit=limit,
            )
            for name, (leads, having, order, limit) in wanted.items()
        }

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
        round_amount = self.env.company.currency_id.round
        return {
            "lead_id": lead.id,
            # sudo: see _prepare_lists; users of other companies may not be readable
            "name": _cut(lead.sudo().name),
            "stage": _cut(stage.sudo().name),
            "owner": _cut(user.sudo().name),
            "dates": ", ".join(dates),
            "probability": self._format_percent(probability),
            "amounts": round_amount(amount) + 0.0,
            "weighted": round_amount(weighted) + 0.0,
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
    def _prepare_notes(self, home, totals, scope):
        """How the figures come about, as a list of sentences."""
        notes = self._prepare_notes_on_figures()
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
        printed = self.env._(
            "Printed by %(user)s on %(time)s.",
            user=self.env.user.name,
            time=format_datetime(
                self.env, fields.Datetime.now(), tz=self.env.company._get_lead_tz()
            ),
        )
        return [*notes, *self._prepare_notes_without_company(home), printed]

    @api.model
    def _prepare_notes_on_figures(self):
        """What each printed pipeline says: what counts, when, and how it is weighted."""
        currency = self.env.company.currency_id.name
        return [
            self.env._(
                "Open leads only. All amounts in %(currency)s, without taxes.", currency=currency
            ),
            self._get_basis_text(),
            self.env[PIPELINE]._get_tz_note(),
            self.env._(
                "Leads on hold are in a line of their own, whatever their phase; in the lists they "
                "are among the others."
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

    @api.model
    def _get_basis_text(self):
        """At which dates a lead's value counts, and what undated is."""
        if self.env[PIPELINE]._get_basis() == "order":
            return self.env._(
                "A lead's value counts at its planned order date, also where payments are planned; "
                "without one, it is undated."
            )
        return self.env._(
            "A lead's value counts at the dates of its planned payments. What no payment "
            "covers counts at the planned order date; without one, it is undated."
        )

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


def _cut(text):
    """A text, short enough for a line of a table."""
    if not text or len(text) <= TEXT_LIMIT:
        return text
    return text[: TEXT_LIMIT - 1] + "…"
