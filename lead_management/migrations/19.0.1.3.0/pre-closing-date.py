"""Open leads have no closing date: typed to 100 %, or back from the archive."""


def migrate(cr, version):
    cr.execute(
        """
        UPDATE crm_lead SET date_closed = NULL
         WHERE active AND won_status = 'pending' AND date_closed IS NOT NULL
        """
    )
