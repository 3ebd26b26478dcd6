"""The form in which editors write an activity."""

from __future__ import annotations

from wagtail.admin.forms import WagtailAdminPageForm

from cms.admin.moments import MomentField
from cms.values.time_zones import zone_named


class ActivityForm(WagtailAdminPageForm):
    """Reads and shows the activity's times in the time zone that the editor chooses for it."""

    OWN_TIMES = ("starts_at", "ends_at", "registration_closes_at")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        name = self.data.get(self.add_prefix("time_zone")) or self.instance.time_zone
        for field in (self.fields.get(name) for name in self.OWN_TIMES):
            if isinstance(field, MomentField):
                field.stay_in(zone_named(str(name)))
