from . import lead_visit
from . import crm_lead
