"""Times on the clocks of a place, as the newsletter's parts know them; see `cms.local_time`."""

from cms.local_time import LocalTime, in_words

__all__ = ["LocalTime", "in_words"]
