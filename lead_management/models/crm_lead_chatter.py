"""Messages of many leads at once: what core asks for every message is asked once.

Core writes a message for each lead that is created or changed. For each it asks which followers
the team has, where answers go, which mail domain there is, what the message answers and who
follows the lead: seven queries a lead, besides the message itself. The answers are the same for
all leads of a batch, or can be had for all of them at once. The messages, their followers and
notifications are core's, to the row.
"""

from contextlib import contextmanager

from odoo import models
from odoo.tools import split_every

KEY = "lead_chatter"
# as many messages of a lead as core looks at for the one that is answered
ANSWERABLE = 200
CHUNK = 200


class ChatterBatch:
    """Answers that hold while the messages of one batch are written. In the context, where a
    client cannot put it."""

    def __init__(self):
        self.is_open = True
        self._answers = {}
        self._chunks = {}

    def ask(self, key, question):
        """The answer to ``question``, a function; asked once per ``key``."""
        if key not in self._answers:
            self._answers[key] = question()
        return self._answers[key]

    def take(self, key, record_id, question):
        """The answer for one record out of what ``question`` answers for several, for once:
        the next message may change it.

        :return: the answer, None when it was taken already
        """
        return self.ask(key, question).pop(record_id, None)

    def get_chunk(self, lead):
        """The leads around a single one that are asked about together."""
        if lead.id not in self._chunks:
            # once for all of them: to look for each lead's would take time by their square
            for ids in split_every(CHUNK, filter(None, lead._prefetch_ids)):
                self._chunks.update(dict.fromkeys(ids, ids))
        return lead.browse(self._chunks.get(lead.id, lead.ids))


def get_batch(records):
    """The open batch that ``records`` are written in, None outside of one."""
    batch = records.env.context.get(KEY)
    return batch if isinstance(batch, ChatterBatch) and batch.is_open else None


class CrmLead(models.Model):
    _inherit = "crm.lead"

    @contextmanager
    def _chatter_batch(self):
        """These leads in an environment in which messages ask once. After it they ask again."""
        batch = ChatterBatch()
        try:
            yield self.with_context(**{KEY: batch})
        finally:
            batch.is_open = False

    def _track_finalize(self):
        # core's key: what it compares
        if len(self.env.cr.precommit.data.get(f"mail.tracking.{self._name}", ())) < 2:
            return super()._track_finalize()
        with self._chatter_batch() as leads:
            return super(CrmLead, leads)._track_finalize()

    def _mail_get_alias_domains(self, default_company=False):
        batch = get_batch(self)
        # of a company nothing else: it has many fields
        bare = self.with_context(prefetch_fields=False)
        default = default_company and default_company.with_env(bare.env)

        def ask():
            domains = super(CrmLead, bare)._mail_get_alias_domains(default)
            return {lead_id: domain.with_env(self.env) for lead_id, domain in domains.items()}

        if not batch or len(self) != 1:
            return ask()
        key = ("mail domain", self.company_id, default_company, self.env.company)
        return {self.id: batch.ask(key, lambda: ask()[self.id])}

    def _notify_get_reply_to(self, default=None, author_id=False):
        batch = get_batch(self)
        chunk = batch.get_chunk(self) if batch and len(self) == 1 else self
        if len(chunk) > 1:
            key = ("reply to", chunk._ids, self.env.company, default, author_id)
            ask = super(CrmLead, chunk)._notify_get_reply_to
            reply_to = batch.take(key, self.id, lambda: dict(ask(default, author_id)))
            if reply_to is not None:
                return {self.id: reply_to}
        return super()._notify_get_reply_to(default, author_id)

    def _message_compute_parent_id(self, parent_id):
        batch = get_batch(self)
        chunk = batch.get_chunk(self) if batch else self
        if len(chunk) > 1 and not parent_id and self._mail_flat_thread:
            key = ("answered", chunk._ids)
            answered = batch.take(key, self.id, chunk._find_answered_messages)
            if answered is not None:
                return answered
        return super()._message_compute_parent_id(parent_id)

    def _find_answered_messages(self):
        """The message that the next one of each lead answers: core's choice.

        :return: dict of id of lead to id of ``mail.message``, False where there is none
        """
        # sudo: as core, only the id is used
        messages = self.env["mail.message"].sudo()
        found = messages.search_fetch(
            [
                ("model", "=", self._name),
                ("res_id", "in", self.ids),
                ("message_type", "!=", "user_notification"),
            ],
            ["res_id", "message_type", "date", "create_date"],
            order="date desc, id desc",
        )
        answered = dict.fromkeys(self.ids, False)
        for lead_id, sent in found.grouped("res_id").items():
            answered[lead_id] = max(
                sent[:ANSWERABLE],
                key=lambda message: (
                    message.message_type in ("comment", "email"),
                    message.date or message.create_date,
                    message.id,
                ),
            ).id
        return answered


class MailFollowers(models.Model):
    _inherit = "mail.followers"

    def _get_subscription_data(self, doc_data, pids, *args, **kwargs):
        ask = super()._get_subscription_data
        batch = get_batch(self)
        # followers of a lead change while it is written, those of its team do not
        if not batch or pids is not None or "crm.lead" in dict(doc_data):
            return ask(doc_data, pids, *args, **kwargs)
        key = ("subscription", repr(doc_data), args, repr(kwargs))
        return batch.ask(key, lambda: ask(doc_data, pids, *args, **kwargs))

    def _get_recipient_data(self, records, message_type, subtype_id, pids=None):
        ask = super()._get_recipient_data
        batch = get_batch(self)
        is_lead = records is not None and records._name == "crm.lead" and len(records) == 1
        if not (batch and is_lead and subtype_id) or pids or message_type == "user_notification":
            return ask(records, message_type, subtype_id, pids)
        chunk = batch.get_chunk(records)
        if len(chunk) == 1:
            return ask(records, message_type, subtype_id, pids)
        key = ("recipients", chunk._ids, message_type, subtype_id)
        data = batch.take(key, records.id, lambda: dict(ask(chunk, message_type, subtype_id, pids)))
        if data is None:
            return ask(records, message_type, subtype_id, pids)
        return {records.id: data}


class MailMessageSubtype(models.Model):
    _inherit = "mail.message.subtype"

    def exists(self):
        ask = super().exists
        batch = get_batch(self)
        if not batch:
            return ask()
        return self.browse(batch.ask(("subtype", self._ids), lambda: ask()._ids))
