from . import lead_visit
from . import crm_lead
from . import crm_lead_pipeline_report
