from . import crm_lead_lost
from . import crm_lead_pipeline_period
from . import crm_lead_won
from . import crm_stage_load
