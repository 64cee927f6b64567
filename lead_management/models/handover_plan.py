"""What a handover will do, as plain data.

``crm.lead._collect_handover`` finds what there is, ``crm.lead._plan_handover`` makes a plan of it
without changing anything, the dialog shows it, and ``crm.lead._apply_handover`` executes it. The
classes know nothing of Odoo: their values are recordsets and texts.
"""

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class HandoverChoices:
    """What the user decided in the dialog."""

    target: str  # new, existing or none
    company: Any  # res.company, one
    project: Any  # project.project, for target existing
    project_values: dict  # for target new
    template: Any  # project.project, may be empty
    partner_choice: str  # create, link or none
    partner: Any  # res.partner, for partner_choice link
    main_orders: Any  # sale.order: the offers that count
    orders_to_confirm: Any  # sale.order, of the main ones
    cancel_other_orders: bool
    hours_billable: bool
    accept_other_customer: bool = False


@dataclass(frozen=True)
class HandoverFindings:
    """All that a plan is made of, read from the database before."""

    tickets: Any  # project.task, sudo: the leads', in a project
    hours: Any  # account.analytic.line, sudo: on the tickets, and those whose ticket was taken off
    copy_ids: set  # of tickets that an earlier handover made of split ones
    mandatory_plans: list  # analytic plans hours must have, as dicts of core's
    orders: Any  # sale.order: the leads' offers
    running: Any  # project.project, sudo: in which confirmed ones run
    readable: Any  # project.project: those of them, and of the choices, that the user may read
    writable: Any  # sale.order: those that the user may confirm and cancel
    template_lines: Any  # sale.order.line whose products' templates have tasks to bring
    foreign_template_lines: Any  # sale.order.line whose templates are another company's
    may_use_template: bool  # the chosen one
    similar_partners: Any  # res.partner


class Plan:
    """What plans share: they are made part by part, and no part changes another."""

    def also(self, warnings=(), refusals=(), **values):
        """A copy of the plan with these values, and with these sentences added."""
        return replace(
            self,
            warnings=[*self.warnings, *warnings],
            refusals=[*self.refusals, *refusals],
            **values,
        )


@dataclass
class HandoverPlan(Plan):
    """What will happen to the leads, and what speaks against it.

    A plan with refusals is not applied. Other modules put what they need under a key of
    their own into ``extras``.
    """

    leads: Any
    choices: HandoverChoices
    tickets: Any = None  # project.task that move
    split_tickets: Any = None  # project.task that stay with some of their hours; the rest moves
    twins: dict = field(default_factory=dict)  # project.task to the one it was split into before
    copies: Any = None  # project.task made of the split ones while the plan is applied
    moving: Any = None  # account.analytic.line
    invoiced: Any = None  # account.analytic.line that stay: they are invoiced
    locked: Any = None  # account.analytic.line that stay: they may not be changed
    elsewhere: Any = None  # account.analytic.line that stay: they are in another project
    leaving: Any = None  # account.analytic.line that move and leave the order they count on
    template_lines: Any = None  # sale.order.line whose products' template tasks come
    orders_to_link: Any = None  # sale.order
    orders_to_cancel: Any = None  # sale.order
    other_quotations: Any = None  # sale.order, undecided and not the main ones
    similar_partners: Any = None  # res.partner
    other_customer: Any = None  # res.partner: whom the existing project is for, if not theirs
    warnings: list = field(default_factory=list)
    refusals: list = field(default_factory=list)
    extras: dict = field(default_factory=dict)

    @property
    def needs_project(self):
        return self.choices.target != "none"


@dataclass
class TakeBackPlan(Plan):
    """What taking back a handover will do to one lead, and what speaks against it."""

    lead: Any  # crm.lead, one
    keep_orders: bool
    records: Any = None  # crm.lead.handover, sudo: what is undone
    project: Any = None  # project.project, sudo, may be empty
    company: Any = None  # res.company, one: whose lead project takes the hours
    state: dict = field(default_factory=dict)  # values of the lead: stage, probability, type
    hours: Any = None  # account.analytic.line, sudo: that return
    orders: Any = None  # sale.order, sudo: that the handover changed
    orders_to_reset: Any = None  # sale.order, sudo: of those, the ones that become quotations
    archives_project: bool = False
    warnings: list = field(default_factory=list)
    refusals: list = field(default_factory=list)
