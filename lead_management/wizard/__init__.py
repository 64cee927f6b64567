from . import crm_lead_lost
from . import crm_lead_pipeline_print
from . import crm_lead_pipeline_period
from . import crm_lead_payment_split
from . import crm_lead_service_request
from . import crm_lead_won
from . import crm_stage_load
from . import crm_stage_calibration_apply
