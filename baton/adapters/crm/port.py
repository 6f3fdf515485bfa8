"""What Baton asks of a CRM.

The words live in `baton.domain.crm`, because the embedded CRM is tables of our own and the store
must not import adapters; adapters of other CRMs find them here.
"""

from __future__ import annotations

from baton.domain.crm import Crm, CrmView, CrmWrite

__all__ = ["Crm", "CrmView", "CrmWrite"]
