"""The core's additions to Wagtail's admin: confirmations, translations, times, pages whose plugin is missing."""
