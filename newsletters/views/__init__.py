"""The newsletter's pages: for subscribers (`public`) and for staff in the Wagtail admin (`admin`)."""
