"""Open leads that somebody typed 100 % for have no closing date."""


def migrate(cr, version):
    cr.execute(
        """
        UPDATE crm_lead SET date_closed = NULL
         WHERE active AND won_status = 'pending' AND probability >= 100
           AND date_closed IS NOT NULL
        """
    )
